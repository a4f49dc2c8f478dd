# Redmine as its own config.ru runs it, one request at a time: on SQLite two that write at once lock each other out.
require '/usr/share/redmine/config/environment'

use Rack::Lock
run Rails.application
