# A Redmine as a company might have it: a private project, an agent, a customer who has been there before, a role for
# customers, and the custom fields that docs/connecting.md asks for.
Setting.rest_api_enabled = '1'
Setting.login_required = '1'
# A desk that works for minutes: no mail leaves it.
Setting.notified_events = []

def user(login, mail, first, last, **more)
  user = User.new({ firstname: first, lastname: last, mail: mail, language: 'en', mail_notification: 'none' }.merge(more))
  user.login = login
  user.password = user.password_confirmation = "#{login}-password-1"
  user.must_change_passwd = false
  user.save!
  user
end

IssueStatus.create!(name: 'Withdrawn', is_closed: true)
status = IssueStatus.all.to_h { |one| [one.name, one.id] }

role = Role.create!(
  name: 'Customer',
  issues_visibility: 'own',
  permissions: %i[view_issues add_issues add_issue_notes edit_own_issues]
)
manager = Role.find_by!(name: 'Manager')

project = Project.create!(
  name: 'Support', identifier: 'support', is_public: false,
  enabled_module_names: ['issue_tracking'], trackers: Tracker.all
)

steps = [
  ['Resolved', 'Closed'], ['Resolved', 'In Progress'], ['Closed', 'In Progress'], ['Withdrawn', 'In Progress'],
  ['New', 'Withdrawn'], ['In Progress', 'Withdrawn'], ['Feedback', 'Withdrawn'], ['Resolved', 'Withdrawn']
].map { |from, to| [status.fetch(from), status.fetch(to)] }
Tracker.all.each do |tracker|
  # From nothing to new, too.
  [[0, status.fetch('New')], *steps].each do |from, to|
    WorkflowTransition.create!(tracker: tracker, role: role, old_status_id: from, new_status_id: to)
  end
  WorkflowTransition.where(tracker: tracker, role: manager).delete_all
  status.values.product(status.values).each do |from, to|
    WorkflowTransition.create!(tracker: tracker, role: manager, old_status_id: from, new_status_id: to)
  end
end

def field(name, format, more = {})
  IssueCustomField.create!({ name: name, field_format: format, is_for_all: true, is_filter: true,
                             trackers: Tracker.all, visible: true }.merge(more))
end

field('Portal key', 'string')
field('Order number', 'string')
field('Product', 'list', possible_values: ['Router', 'TV box'])

portal = user('portal', 'portal@redmine.test', 'Portal', 'Account', admin: true)
agent = user('agent', 'agent@redmine.test', 'Ada', 'Agent')
alice = user('alice', 'alice@example.test', 'Alice', 'Example')
{ agent => manager, alice => role }.each do |member, with|
  Member.create!(project: project, principal: member, roles: [with])
end

# Keys that tests know; by themselves they would be random.
{ portal => '1', agent => '2' }.each do |user, digit|
  user.api_key
  user.api_token.update_column(:value, digit * 40)
end
