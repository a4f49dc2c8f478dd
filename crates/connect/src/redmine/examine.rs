//! What `portico doctor` says of a Redmine.

use super::{OneUser, Place, Redmine};
use crate::{backend::Finding, examination::Examination};
use serde_json::Value;

pub(super) async fn examine(redmine: &Redmine) -> Vec<Finding> {
    let mut found = Examination::default();
    let api = &redmine.api;
    let first = api.get(&["users", "current.json"]).send().await;
    if let Some(reply) = found.first(api, first) {
        match serde_json::from_slice::<OneUser>(&reply.body) {
            Err(_) => found.trouble(
                "users/current.json",
                "The answer names no user: this is another program than Redmine.",
            ),
            Ok(OneUser { user }) => {
                found.is(
                    user.admin,
                    format!("the account {}", user.login),
                    "It is no administrator's. Only an administrator's key may act for \
                     customers: make an account of \
                     its own for the portal and give it the administrator's right.",
                );
                places(redmine, &mut found).await;
                fields(redmine, &mut found).await;
                statuses(redmine, &mut found).await;
                role(redmine, &mut found).await;
            }
        }
    }
    found.findings()
}

fn all_places(redmine: &Redmine) -> Vec<&Place> {
    let mut places = vec![&redmine.place];
    for place in redmine.settings.places.values() {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

async fn places(redmine: &Redmine, found: &mut Examination) {
    for place in all_places(redmine) {
        let file = format!("{}.json", place.project);
        let call = redmine
            .api
            .get(&["projects", &file])
            .query("include", "trackers");
        let what = format!("the project {}", place.project);
        match call.read::<Value>().await {
            Err(error) => found.trouble(
                what,
                format!(
                    "It cannot be read ({error}). See that `project` is its identifier, as \
                in its address."
                ),
            ),
            Ok(project) => {
                found.well(what);
                let trackers = project["project"]["trackers"].as_array();
                let has = trackers.is_none_or(|trackers| {
                    trackers
                        .iter()
                        .any(|tracker| tracker["name"] == place.tracker.as_str())
                });
                found.is(
                    has,
                    format!("the tracker {} of {}", place.tracker, place.project),
                    "The project does not use it: switch it on in the settings of the project.",
                );
            }
        }
    }
}

async fn fields(redmine: &Redmine, found: &mut Examination) {
    let there = match redmine.custom_fields().await {
        Ok(there) => there,
        Err(error) => {
            return found.trouble(
                "the custom fields",
                format!("They cannot be read: {error}."),
            );
        }
    };
    let key = &redmine.settings.key_field;
    let own = Some(key).filter(|key| !key.is_empty());
    for name in redmine.settings.fields.values().chain(own) {
        let what = format!("the custom field {name}");
        let Some(field) = there.of_issues(name) else {
            found.trouble(what, "There is no such custom field of issues: make it.");
            continue;
        };
        let without: Vec<&str> = all_places(redmine)
            .into_iter()
            .map(|place| place.tracker.as_str())
            .filter(|tracker| !field.trackers.iter().any(|known| known.name == *tracker))
            .collect();
        if !without.is_empty() {
            let trackers = without.join(", ");
            found.trouble(
                what,
                format!("It is not for the tracker {trackers}: add that to the field."),
            );
        } else if name == key && !field.is_filter {
            found.trouble(
                what,
                "It is no filter, so a submission whose answer was lost is looked for in all \
                 issues of its customer, \
                 and not beyond a hundred: tick “Used as a filter”.",
            );
        } else {
            found.well(what);
        }
    }
}

async fn statuses(redmine: &Redmine, found: &mut Examination) {
    let settings = &redmine.settings;
    let there = redmine.names("issue_statuses.json", "issue_statuses").await;
    let there = there.unwrap_or_default();
    for (setting, name) in [
        ("confirmed", &settings.confirmed),
        ("reopened", &settings.reopened),
        ("withdrawn", &settings.withdrawn),
    ] {
        if !name.is_empty() {
            found.is(
                there.iter().any(|status| status.name == *name),
                format!("the status {name} (`{setting}`)"),
                "There is no such status: make it, or name another, or leave the setting empty.",
            );
        }
    }
}

async fn role(redmine: &Redmine, found: &mut Examination) {
    let role = &redmine.settings.customer_role;
    if role.is_empty() {
        return;
    }
    let roles = redmine
        .names("roles.json", "roles")
        .await
        .unwrap_or_default();
    let what = format!("the role {role}");
    let Some(known) = roles.iter().find(|known| known.name == *role) else {
        return found.trouble(what, "There is no such role: make it.");
    };
    let file = format!("{}.json", known.id);
    let Ok(details) = redmine.api.get(&["roles", &file]).read::<Value>().await else {
        return found.trouble(what, "It cannot be read.");
    };
    let granted = details["role"]["permissions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let needed = [
        "view_issues",
        "add_issues",
        "add_issue_notes",
        "edit_own_issues",
    ];
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|needed| !granted.iter().any(|granted| granted == needed))
        .collect();
    if !missing.is_empty() {
        let trouble = format!(
            "It lacks the permissions {}: give them to it.",
            missing.join(", ")
        );
        return found.trouble(what, trouble);
    }
    found.is(
        details["role"]["issues_visibility"] == "own",
        what,
        "Whoever has it sees the issues of other customers in Redmine itself: set the visibility \
         of issues to those \
         created by or assigned to the user.",
    );
}
