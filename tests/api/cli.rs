//! The program on the command line: `portico desk`, `portico init`, `serve --demo`.

use std::process::{Command, Output};

use portico_tests::api::complaint;
use portico_tests::server::{DESK_TOKEN, program};
use portico_tests::{Options, Server, until};
use serde_json::json;

fn desk(server: &Server, token: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command
        .arg("desk")
        .args(["--url", &server.origin()])
        .arg("--data")
        .arg(server.data());
    command
        .args(arguments)
        .env("PORTICO_DESK_TOKEN", token)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test]
async fn the_desk_can_be_worked_from_the_command_line() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let created = customer.submit(&complaint("Charged twice", None)).await;
    let (id, reference) = (
        created.text_at("/request/id"),
        created.text_at("/request/reference"),
    );
    for (arguments, expected) in [
        (vec!["list"], reference.as_str()),
        (vec!["show", &reference], "Charged twice"),
        (
            vec!["reply", &reference, "We are looking into it."],
            "We are looking into it.",
        ),
        (vec!["note", &reference, "CANARY-NOTE"], "CANARY-NOTE"),
        (vec!["step", &reference, "assessed"], &reference),
        (
            vec![
                "status",
                &reference,
                "resolved",
                "--outcome",
                "remedied",
                "--explanation",
                "Paid back.",
            ],
            &reference,
        ),
        (vec!["show", &reference], "CANARY-NOTE"),
    ] {
        let output = desk(&server, DESK_TOKEN, &arguments);
        assert!(
            output.status.success() && said(&output).contains(expected),
            "{arguments:?}: {}",
            said(&output)
        );
    }
    let seen = customer
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_status(200);
    assert_eq!(
        (seen.json["status"].as_str(), seen.json["outcome"].as_str()),
        (Some("resolved"), Some("remedied"))
    );
    let timeline = customer
        .get(&format!("/requests/{id}/timeline"))
        .send()
        .await
        .text();
    assert!(
        timeline.contains("We are looking into it.")
            && timeline.contains("Paid back.")
            && !timeline.contains("CANARY")
    );

    for (token, arguments) in [
        (DESK_TOKEN, vec!["status", &reference, "levitating"]),
        (DESK_TOKEN, vec!["show", "PT-00000-00000"]),
        (DESK_TOKEN, vec!["clock", "2030-01-01T00:00:00Z"]),
        ("made-up", vec!["list"]),
    ] {
        let output = desk(&server, token, &arguments);
        assert!(
            !output.status.success() && !output.stderr.is_empty(),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(!said(&output).contains("panicked"), "{}", said(&output));
    }
}

#[tokio::test]
async fn promises_proposals_tiers_callbacks_and_announcements_are_worked_from_the_command_line() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let created = customer.submit(&complaint("Charged twice", None)).await;
    let reference = created.text_at("/request/reference");
    let now = customer.get("/config").send().await.text_at("/server_now");
    let now = chrono::DateTime::parse_from_rfc3339(&now).unwrap();
    // Today may be the day before a holiday.
    let closed = customer
        .get("/callbacks/closed-days")
        .send()
        .await
        .json
        .to_string();
    let days = (1..).map(|day| now + chrono::TimeDelta::days(day));
    let tomorrow = days
        .map(|day| day.to_rfc3339())
        .find(|day| !closed.contains(&day[..10]));
    let wish = json!({"contact": {"phone": "+85223456789"}, "topic": "The bill", "preferred_at": tomorrow,
        "request_id": created.text_at("/request/id")});
    let asked = customer
        .post("/callbacks")
        .new_key()
        .json(&wish)
        .send()
        .await;
    let callback = asked.expect_status(201).text_at("/id");
    let far = "2030-01-01T00:00:00Z";
    let promise = |rest: &[&'static str]| {
        let first = ["promise".to_owned(), reference.clone()];
        first
            .into_iter()
            .chain(rest.iter().map(|word| (*word).to_owned()))
            .collect::<Vec<_>>()
    };
    let words = |line: &[&str]| {
        line.iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    for (arguments, expected) in [
        (
            words(&["show", &reference]),
            "formal_reply           running   due 20",
        ),
        (words(&["show", &reference]), "callback at 20"),
        (
            promise(&["investigation", "start"]),
            "investigation          running   due 20",
        ),
        (
            promise(&[
                "investigation",
                "pause",
                "--reason",
                "waiting_for_third_party",
            ]),
            "investigation          paused",
        ),
        (
            promise(&["investigation", "resume"]),
            "investigation          running",
        ),
        (
            promise(&[
                "formal_reply",
                "move",
                "--reason",
                "A part is missing",
                "--due-at",
                far,
            ]),
            "formal_reply           running   due 2030-01-01T00:00:00",
        ),
        (
            promise(&["acknowledgement", "met"]),
            "acknowledgement        kept",
        ),
        (
            promise(&["investigation", "void", "--reason", "Not needed"]),
            "investigation          void",
        ),
        (
            words(&["proposal", &reference, "We pay it back."]),
            &reference,
        ),
        (
            words(&["show", &reference]),
            "promise formal_reply moved, due 2030-01-01T00:00:00Z: A part is missing",
        ),
        (
            words(&["show", &reference]),
            "proposal: We pay it back.\n    not answered yet",
        ),
        (
            words(&[
                "status",
                &reference,
                "open",
                "--grade",
                "major",
                "--reason",
                "Many are concerned",
            ]),
            &reference,
        ),
        (
            words(&["show", &reference]),
            "grade major, class general: Many are concerned",
        ),
        (
            words(&["tier", "a@example.com", "key"]),
            "a@example.com  key",
        ),
        (words(&["tier", "a@example.com"]), "a@example.com  -"),
        (words(&["callbacks"]), "+85223456789"),
        (
            words(&["callback", &callback, "done", "--note", "Will write"]),
            "  Will write",
        ),
        (words(&["callbacks"]), "Will write"),
        (words(&["show", &reference]), "The bill, done 20"),
        (
            words(&[
                "announce",
                "incident",
                "--title",
                "Down",
                "网络中断",
                "網路中斷",
                "--body",
                "We work on it.",
                "正在处理",
                "處理中",
            ]),
            "incident",
        ),
        (words(&["announcements"]), "Down"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = desk(&server, DESK_TOKEN, &arguments);
        assert!(
            output.status.success() && said(&output).contains(expected),
            "{arguments:?}: {}",
            said(&output)
        );
    }
    let list = said(&desk(&server, DESK_TOKEN, &["announcements"]));
    let id = list.split_whitespace().next().unwrap();
    assert!(desk(&server, DESK_TOKEN, &["end", id]).status.success());
    let list = said(&desk(&server, DESK_TOKEN, &["announcements"]));
    assert_eq!(list, "");
    for arguments in [
        &["promise", &reference, "formal_reply", "move"][..],
        &["promise", &reference, "formal_reply", "forget"],
        &["promise", &reference, "no_such", "met"],
        &["tier", "nobody@example.com", "key"],
        &[
            "announce", "rumour", "--title", "a", "b", "c", "--body", "a", "b", "c",
        ],
        &["end", "no-such-one"],
    ] {
        let output = desk(&server, DESK_TOKEN, arguments);
        assert!(
            !output.status.success() && !output.stderr.is_empty(),
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn the_configuration_that_init_writes_starts_a_server_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let init = || {
        Command::new(program())
            .arg("init")
            .arg(folder.path())
            .output()
            .unwrap()
    };
    assert!(init().status.success());
    let file = folder.path().join("portico.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    for name in ["portico.toml", "policy.toml", "surveys.toml"] {
        let file = folder.path().join(name);
        let checked = Command::new(program()).arg("check").arg(&file).output();
        let checked = checked.unwrap();
        assert!(checked.status.success() && said(&checked).contains("is good"));
    }
    let server = Server::with(Options {
        config: Some(config.clone()),
        ..Options::default()
    })
    .await;
    server
        .guest()
        .get("/config")
        .send()
        .await
        .expect_status(200);
    std::fs::remove_file(&file).unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "calendar = \"HK\"\n").unwrap();
    assert!(!init().status.success());
    assert!(!file.exists(), "one of the two is not written alone");
    let kept = std::fs::read_to_string(&policy).unwrap();
    assert_eq!(kept, "calendar = \"HK\"\n");
}

#[tokio::test]
async fn the_demonstration_prints_what_to_try_and_it_works() {
    let server = Server::with(Options {
        demo: true,
        ..Options::default()
    })
    .await;
    let codes = until("a reference and a query code", || async {
        let log = server.log();
        let words: Vec<&str> = log.split_whitespace().collect();
        let reference = words
            .iter()
            .find(|word| word.starts_with("PT-"))
            .map(|word| (*word).to_owned());
        let code = words
            .iter()
            .find(|word| portico_contract::code::QueryCode::parse(word).is_ok());
        reference
            .zip(code.map(|code| (*code).to_owned()))
            .ok_or(log)
    })
    .await;
    let opened = server
        .guest()
        .post("/track")
        .json(&json!({"reference": codes.0, "query_code": codes.1}))
        .send()
        .await;
    opened.expect_status(200);
    assert!(
        server.log().contains("portico desk") || server.log().contains(" desk "),
        "{}",
        server.log()
    );
    assert!(server.desk().all("/requests", 100).await.len() > 2);
}
