use super::*;
use crate::{
    scripted::{Scripted, answer},
    submitted::tests::submission,
    transport::TransportError,
};
use serde_json::json;

fn alice() -> Customer {
    Customer {
        email: "alice@example.test".parse().unwrap(),
        name: Some("Alice Example".into()),
    }
}

fn settings(more: Value) -> Settings {
    let mut settings = json!({
        "url": "https://desk.test", "project": "support", "tracker": "Support",
        "places": {"billing": {"project": "money", "tracker": "Bug"}},
        "fields": {"order_number": "Order number"}, "withdrawn": "Withdrawn",
    });
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    serde_json::from_value(settings).unwrap()
}

fn redmine(desk: &Arc<Scripted>) -> Redmine {
    Redmine::new(settings(json!({})), "key", desk.clone()).unwrap()
}

fn user(id: u64, login: &str, mail: &str) -> Value {
    json!({"id": id, "login": login, "mail": mail, "admin": false})
}

/// What Redmine holds besides issues.
fn desk() -> Arc<Scripted> {
    // It looks in names as well.
    desk_of(&[
        user(1, "eve", "eve+alice@example.test"),
        user(7, "alice", "Alice@example.test"),
    ])
}

fn desk_of(users: &[Value]) -> Arc<Scripted> {
    let named = |id: u64, name: &str| json!({"id": id, "name": name});
    let field = |id: u64, name: &str| json!({"id": id, "name": name, "customized_type": "issue", "field_format": "string"});
    let statuses = [
        (3, "Resolved"),
        (5, "Closed"),
        (2, "In Progress"),
        (7, "Withdrawn"),
    ];
    let statuses: Vec<_> = statuses.iter().map(|(id, name)| named(*id, name)).collect();
    Scripted::new()
        .on("GET", "/users.json", 200, json!({"users": users}))
        .on(
            "GET",
            "/trackers.json",
            200,
            json!({"trackers": [named(3, "Support")]}),
        )
        .on(
            "GET",
            "/enumerations/issue_priorities.json",
            200,
            json!({"issue_priorities": [named(4, "Urgent")]}),
        )
        .on(
            "GET",
            "/issue_statuses.json",
            200,
            json!({"issue_statuses": statuses}),
        )
        .on(
            "GET",
            "/roles.json",
            200,
            json!({"roles": [named(6, "Customer")]}),
        )
        .on(
            "GET",
            "/custom_fields.json",
            200,
            json!({"custom_fields": [
                field(1, "Portal key"), field(2, "Order number"),
            ]}),
        )
}

/// An issue of user 7 with these changes.
fn issue(more: Value) -> Value {
    let mut issue = json!({
        "id": 9, "status": {"id": 3, "name": "Resolved", "is_closed": false},
        "author": {"id": 7, "name": "Alice Example"}, "subject": "Router broken", "description": "It is\r\nbroken",
        "created_on": "2026-11-22T08:19:05Z", "updated_on": "2026-11-22T08:19:06Z", "closed_on": null,
        "custom_fields": [{"id": 1, "name": "Portal key", "value": submission().key}, {"id": 2, "name": "Order number", "value": "A-17"}],
        "attachments": [], "journals": [],
    });
    for (name, value) in more.as_object().unwrap() {
        issue[name] = value.clone();
    }
    issue
}

fn one(more: Value) -> Value {
    json!({"issue": issue(more)})
}

const ISSUE: &str = "/issues/9.json";

fn id() -> TicketId {
    TicketId("9".into())
}

#[tokio::test]
async fn a_customer_acts_as_themselves_and_nobody_else() {
    let desk = desk().on("POST", "/issues.json", 201, one(json!({}))).on(
        "GET",
        ISSUE,
        200,
        one(json!({})),
    );
    let redmine = redmine(&desk);
    assert_eq!(redmine.create(&alice(), &submission()).await, Ok(id()));
    let call = &desk.seen("POST", "/issues.json")[0];
    assert_eq!(call.headers["x-redmine-switch-user"], "alice");
    assert!(call.headers["x-redmine-api-key"].is_sensitive());
    let sent = desk.sent("POST", "/issues.json")["issue"].clone();
    assert_eq!(
        (&sent["tracker_id"], &sent["priority_id"]),
        (&json!(3), &json!(4))
    );
    assert_eq!(sent["custom_fields"][1], json!({"id": 2, "value": "A-17"}));
    // An administrator's address makes nobody an administrator.
    let mut admin = user(1, "admin", "alice@example.test");
    admin["admin"] = json!(true);
    let desk = Scripted::new().on("GET", "/users.json", 200, json!({"users": [admin]}));
    assert_eq!(
        self::redmine(&desk).read(&alice(), &id()).await,
        Err(DeskError::NotFound)
    );
}

#[tokio::test]
async fn a_value_that_no_list_holds_becomes_text_and_what_is_dropped_a_note() {
    let listed = json!({"id": 2, "name": "Order number", "customized_type": "issue", "field_format": "list",
        "possible_values": [{"value": "B-1"}]});
    let desk = desk()
        .on("POST", "/issues.json", 201, one(json!({})))
        .on("GET", ISSUE, 200, one(json!({"custom_fields": []})))
        .on("PUT", ISSUE, 204, json!(null));
    redmine(&desk)
        .create(&alice(), &submission())
        .await
        .unwrap();
    let note = desk.sent("PUT", ISSUE)["issue"].clone();
    assert_eq!(
        note["notes"],
        "Not taken by this tracker:\nOrder number: A-17"
    );
    assert_eq!(note["private_notes"], true);
    assert!(
        !desk.seen("PUT", ISSUE)[0]
            .headers
            .contains_key("x-redmine-switch-user")
    );

    let fields = json!({"custom_fields": [listed]});
    let taken: CustomFields = serde_json::from_value(fields).unwrap();
    assert_eq!(
        taken
            .of_issues("Order number")
            .unwrap()
            .take(&["A-17".into()]),
        None
    );
    assert_eq!(
        taken
            .of_issues("Order number")
            .unwrap()
            .take(&["B-1".into()]),
        Some(json!("B-1"))
    );
}

#[tokio::test]
async fn somebody_new_gets_an_account_and_a_place_in_the_project() {
    let refused = json!({"errors": ["Project cannot be blank"]});
    let desk = desk_of(&[])
        .on(
            "POST",
            "/users.json",
            201,
            json!({"user": user(7, "alice@example.test", "alice@example.test")}),
        )
        .on("POST", "/projects/support/memberships.json", 201, json!({}))
        .on("POST", "/issues.json", 422, refused)
        .on("POST", "/issues.json", 201, one(json!({})))
        .on("GET", ISSUE, 200, one(json!({})));
    let nobody = Customer {
        email: "new@example.test".parse().unwrap(),
        name: Some("王 小明".into()),
    };
    let without_role = redmine(&desk).create(&nobody, &submission()).await;
    assert!(
        matches!(without_role, Err(DeskError::Refused(_))),
        "{without_role:?}"
    );
    assert_eq!(desk.seen("POST", "/").len(), 0);
    let with_role = settings(json!({"customer_role": "Customer"}));
    let redmine = Redmine::new(with_role, "key", desk.clone()).unwrap();
    assert_eq!(redmine.create(&nobody, &submission()).await, Ok(id()));
    let made = desk.sent("POST", "/users.json")["user"].clone();
    assert_eq!(
        (&made["firstname"], &made["lastname"]),
        (&json!("王"), &json!("小明"))
    );
    assert_eq!(made["mail_notification"], "none");
    let member = desk.sent("POST", "/projects/support/memberships.json");
    assert_eq!(
        member,
        json!({"membership": {"user_id": 7, "role_ids": [6]}})
    );
    assert_eq!(desk.seen("POST", "/issues.json").len(), 2);
}

#[tokio::test]
async fn two_submissions_of_somebody_new_are_both_taken() {
    let refused = |words: &str| json!({"errors": [words]});
    let desk = desk()
        .on(
            "POST",
            "/issues.json",
            422,
            refused("Project cannot be blank"),
        )
        .on("POST", "/issues.json", 201, one(json!({})))
        // The other one was quicker.
        .on(
            "POST",
            "/projects/support/memberships.json",
            422,
            refused("User has already been taken"),
        )
        .on("GET", ISSUE, 200, one(json!({})));
    let with_role = settings(json!({"customer_role": "Customer"}));
    let redmine = Redmine::new(with_role, "key", desk.clone()).unwrap();
    assert_eq!(redmine.create(&alice(), &submission()).await, Ok(id()));
}

#[tokio::test]
async fn a_yes_that_changed_nothing_is_refused() {
    let desk = desk()
        .on("GET", ISSUE, 200, one(json!({})))
        .on("PUT", ISSUE, 204, json!(null));
    let redmine = redmine(&desk);
    for change in [Change::Confirm, Change::Reopen, Change::Withdraw] {
        let changed = redmine.change(&alice(), &id(), change).await;
        assert!(
            matches!(changed, Err(DeskError::Refused(_))),
            "{change:?} {changed:?}"
        );
    }
    let new = NewReply {
        body: "x".into(),
        files: Vec::new(),
    };
    let replied = redmine.reply(&alice(), &id(), &new).await;
    assert!(matches!(replied, Err(DeskError::Refused(_))), "{replied:?}");
}

#[tokio::test]
async fn what_is_written_and_cannot_be_read_back_may_be_written() {
    let gone = || Err(TransportError::Unreachable("refused".into()));
    let desk = desk()
        .on("POST", "/issues.json", 201, one(json!({})))
        .say("GET", ISSUE, gone())
        .on("GET", ISSUE, 200, one(json!({})))
        .say("GET", ISSUE, gone())
        .on("PUT", ISSUE, 204, json!(null));
    let redmine = redmine(&desk);
    assert_eq!(redmine.create(&alice(), &submission()).await, Ok(id()));
    let new = NewReply {
        body: "x".into(),
        files: Vec::new(),
    };
    let replied = redmine.reply(&alice(), &id(), &new).await.unwrap_err();
    assert!(replied.may_be_done(), "{replied:?}");
}

#[tokio::test]
async fn a_reply_is_the_new_note_of_its_author() {
    let note = |id: u64, user: u64| {
        json!({"id": id, "user": {"id": user, "name": "x"}, "notes": "Still\r\ndown",
        "created_on": "2026-11-22T08:19:05Z"})
    };
    let desk = desk()
        .on("GET", ISSUE, 200, one(json!({"journals": [note(1, 7)]})))
        .on(
            "GET",
            ISSUE,
            200,
            one(json!({"journals": [note(1, 7), note(2, 6), note(3, 7)]})),
        )
        .on("PUT", ISSUE, 204, json!(null));
    let new = NewReply {
        body: "Still\ndown".into(),
        files: Vec::new(),
    };
    assert_eq!(
        redmine(&desk).reply(&alice(), &id(), &new).await,
        Ok("3".into())
    );
}

#[tokio::test]
async fn what_others_own_is_not_found_and_left_out() {
    let foreign = json!({"author": {"id": 6, "name": "Bob"}});
    let list = json!({"issues": [issue(foreign.clone()), issue(json!({}))], "total_count": 2});
    let desk = desk()
        .on("GET", ISSUE, 200, one(foreign))
        .on("GET", "/issues.json", 200, list);
    let redmine = redmine(&desk);
    let new = NewReply {
        body: "x".into(),
        files: Vec::new(),
    };
    assert_eq!(
        redmine.read(&alice(), &id()).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        redmine.reply(&alice(), &id(), &new).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        redmine.change(&alice(), &id(), Change::Confirm).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        redmine.file(&alice(), &id(), &FileId("1".into())).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(redmine.list(&alice(), 0).await.unwrap().rows.len(), 1);
    for odd in ["", "..", "9?key=x", "9/../1", "-1"] {
        assert_eq!(
            redmine.read(&alice(), &TicketId(odd.into())).await,
            Err(DeskError::NotFound)
        );
    }
    // Redmine itself forbids it: the same word.
    let desk = self::desk().say("GET", ISSUE, answer(403, &[], ""));
    assert_eq!(
        self::redmine(&desk).read(&alice(), &id()).await,
        Err(DeskError::NotFound)
    );
}

#[tokio::test]
async fn a_key_is_compared_also_where_the_field_filters_nothing() {
    let other = json!({"custom_fields": [{"id": 1, "name": "Portal key", "value": "other"}]});
    let list = json!({"issues": [issue(other), issue(json!({"id": 10, "author": {"id": 6}})), issue(json!({}))]});
    let desk = desk().on("GET", "/issues.json", 200, list);
    let redmine = redmine(&desk);
    assert_eq!(
        redmine.find(&alice(), &submission().key).await,
        Ok(Some(id()))
    );
    assert_eq!(redmine.find(&alice(), "k&status_id=1").await, Ok(None));
    let asked = desk.seen("GET", "/issues.json");
    assert!(
        asked[1].url.as_str().contains("cf_1=k%26status_id%3D1"),
        "{}",
        asked[1].url
    );
}

#[tokio::test]
async fn private_notes_and_their_files_stay_inside() {
    let journal = |id: u64, user: u64, notes: Value, private: bool, file: Value| {
        let details = json!([{"property": "attachment", "name": file}, {"property": "attr", "name": "status_id"}]);
        json!({"id": id, "user": {"id": user, "name": "x"}, "notes": notes, "private_notes": private,
            "created_on": "2026-11-22T08:19:05Z", "details": details})
    };
    let file = |id: u64, user: u64| json!({"id": id, "filename": format!("{id}.txt"), "filesize": 3, "content_type": "", "author": {"id": user}});
    let desk = desk()
        .on(
            "GET",
            ISSUE,
            200,
            one(json!({
                "journals": [
                    journal(1, 6, json!("We look"), false, json!("11")),
                    // What Redmine makes of a private note with a file: the words hidden, the file not.
                    journal(2, 6, json!("secret"), true, json!(null)),
                    journal(3, 6, json!(null), false, json!("12")),
                    journal(4, 7, json!(""), false, json!("13")),
                ],
                "attachments": [file(10, 7), file(11, 6), file(12, 6), file(13, 7), file(14, 6)],
            })),
        )
        .say(
            "GET",
            "/attachments/download/11/11.txt",
            answer(200, &[], "abc"),
        );
    let redmine = redmine(&desk);
    let ticket = redmine.read(&alice(), &id()).await.unwrap();
    let seen: Vec<_> = ticket
        .messages
        .iter()
        .map(|message| {
            let files: Vec<_> = message
                .files
                .iter()
                .map(|file| file.id.0.as_str())
                .collect();
            (
                message.id.as_str(),
                message.role,
                message.body.value.as_str(),
                files,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("description", Role::Customer, "It is\nbroken", vec!["10"]),
            ("1", Role::Agent, "We look", vec!["11"]),
            ("4", Role::Customer, "", vec!["13"]),
        ]
    );
    assert_eq!(
        redmine
            .file(&alice(), &id(), &FileId("11".into()))
            .await
            .unwrap(),
        "abc"
    );
    for hidden in ["12", "14", "99", "../11"] {
        assert_eq!(
            redmine.file(&alice(), &id(), &FileId(hidden.into())).await,
            Err(DeskError::NotFound)
        );
    }
    // No date is 1970, and a status that is not closed is not resolved at any time.
    assert_eq!((ticket.resolved_at, ticket.due), (None, Vec::new()));
}

#[tokio::test]
async fn a_status_that_nobody_mapped_is_open_unless_it_is_an_end() {
    let at = |name: &str, is_closed: bool| {
        let status = json!({"id": 1, "name": name, "is_closed": is_closed});
        let issue: Issue = serde_json::from_value(issue(json!({"status": status}))).unwrap();
        let standing = redmine(&desk()).standing(&issue);
        (standing.status, standing.label, standing.outcome)
    };
    assert_eq!(
        at("Awaiting parts", false),
        (Status::Open, Some("Awaiting parts".into()), None)
    );
    assert_eq!(
        at("Archived", true),
        (Status::Closed, Some("Archived".into()), None)
    );
    assert_eq!(
        at("Rejected", true),
        (Status::Closed, None, Some(Outcome::Rejected))
    );
}

#[test]
fn a_setting_that_is_none_is_told() {
    for more in [
        json!({"projct": "x"}),
        json!({"places": {"a": {"project": "x"}}}),
    ] {
        let mut all = json!({"connector": "redmine", "url": "https://d.test", "project": "p", "tracker": "t"});
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        assert!(
            serde_json::from_value::<crate::Connector>(all).is_err(),
            "{more}"
        );
    }
}
