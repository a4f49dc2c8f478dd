//! What the customer sees of what the desk does.

use crate::{
    Checked, Miss, check,
    client::Reply,
    suite::{Case, Suite, message},
};
use portico_contract::config::Capability;
use serde_json::{Value, json};
use uuid::Uuid;

const SUBMIT: Option<Capability> = Some(Capability::Submit);

super::rules! {
    SUBMIT, "desk.answer", "What the desk answers stands in the timeline, by an agent and not by the customer.", answer;
    SUBMIT, "desk.unread", "What the desk wrote counts as unread until the customer has seen it.", unread;
    SUBMIT, "desk.note_hidden", "An internal note has no way to the customer: no entry, no member, no search.", note;
    SUBMIT, "desk.etag_stale", "An ETag from before the desk changed something is 412 stale.", stale;
    SUBMIT, "proposals.decline",
        "A proposal waits for its answer: declined with the reason, it stands so in the timeline.", decline;
    SUBMIT, "proposals.accept", "Accepted, it stands so in the timeline, and there is nothing more to answer.", accept;
    SUBMIT, "desk.resolved", "Resolved has resolved_at and allows confirm and reopen, and withdraw no more.", resolved;
    SUBMIT, "desk.reopen", "reopen: neither resolved nor closed, and the answer is what reading gives.", reopen;
    SUBMIT, "desk.reply_after_reopen",
        "What was reopened takes messages and allows neither confirm nor reopen.", reopened;
    SUBMIT, "desk.confirm", "confirm: closed, with closed_at, and the answer is what reading gives.", confirm;
    SUBMIT, "desk.confirmed_once",
        "What is closed cannot be confirmed: 409 action_not_allowed already_closed.", confirmed;
}

fn says(words: &str, public: bool) -> Value {
    let mut body = message(words);
    body["public"] = json!(public);
    body
}

async fn answer(suite: &Suite) -> Checked {
    let case = suite.worked().await?;
    let words = format!("The desk answers: {}", Uuid::new_v4());
    suite
        .desk_does(case, "messages", &says(&words, true))
        .await?;
    let seen = async || {
        let timeline = case.timeline().await?;
        let items = timeline.list("/items")?;
        // Some desks send mark-up, and some add a line.
        let has = |item: &&Value| {
            item["body"]["value"]
                .as_str()
                .is_some_and(|t| t.contains(&words))
        };
        let author = items
            .iter()
            .find(has)
            .map_or(&Value::Null, |item| &item["author"]);
        check(
            author["role"] == "agent" && author["me"] == false,
            format!("author {author}"),
            "the answer, with role agent and me false",
        )
    };
    suite.until(seen).await
}

async fn unread(suite: &Suite) -> Checked {
    let case = suite.worked().await?;
    let words = format!("Unread: {}", Uuid::new_v4());
    suite
        .desk_does(case, "messages", &says(&words, true))
        .await?;
    let counted = async || {
        let count = case
            .read()
            .await?
            .at("/unread_count")
            .as_u64()
            .unwrap_or_default();
        check(count > 0, format!("unread_count {count}"), "more than 0")
    };
    suite.until(counted).await
}

async fn note(suite: &Suite) -> Checked {
    let case = suite.worked().await?;
    let secret = format!("internal{}", Uuid::new_v4().simple());
    let words = format!("The customer must not read this: {secret}");
    suite
        .desk_does(case, "messages", &says(&words, false))
        .await?;
    // What comes after the note shows that it would be there by now.
    let after = format!("After the note: {}", Uuid::new_v4());
    suite
        .desk_does(case, "messages", &says(&after, true))
        .await?;
    suite
        .until(async || {
            let timeline = case.timeline().await?;
            let text = String::from_utf8_lossy(&timeline.bytes).into_owned();
            check(
                text.contains(&after),
                "not there yet",
                "what the desk wrote after the note",
            )
        })
        .await?;
    let search = format!("/requests?q={secret}");
    let found = case.client.get(&search).send().await?.status(200)?;
    check(
        found.list("/items")?.is_empty(),
        "the search finds it",
        "no request by words of a note",
    )?;
    for path in [
        case.path(""),
        case.path("/timeline"),
        "/requests".to_owned(),
    ] {
        let shown = case.client.get(&path).send().await?.status(200)?;
        let told = String::from_utf8_lossy(&shown.bytes).contains(&secret);
        check(!told, format!("GET {path} tells it"), "nothing of the note")?;
    }
    Ok(())
}

async fn stale(suite: &Suite) -> Checked {
    let case = suite.worked().await?;
    let before = case.read().await?;
    let before = before.header("etag").unwrap_or_default();
    suite
        .desk_does(case, "messages", &says("The request changes.", true))
        .await?;
    suite
        .until(async || {
            let now = case.read().await?;
            let now = now.header("etag").unwrap_or_default();
            check(now != before, "the same ETag", "another ETag")
        })
        .await?;
    let path = case.path("/messages");
    let call = case.client.post(&path).new_key().header("if-match", before);
    let said = call
        .json(&message("This must not be written."))
        .send()
        .await?;
    said.problem(412, "stale").map(drop)
}

/// The desk proposes, and the customer answers.
async fn proposal(suite: &Suite, action: &str, answered: &str) -> Checked {
    let case = suite.worked().await?;
    if case.action(action).await?.is_none() {
        return Err(Miss::not_offered(format!("{action} does not exist here")));
    }
    let text = format!("The desk proposes: {}", Uuid::new_v4());
    suite
        .desk_does(case, "proposal", &json!({"text": text}))
        .await?;
    suite
        .until(async || {
            let state = case.action(action).await?.unwrap_or_default();
            check(
                state["allowed"] == true,
                format!("{action}: {state}"),
                "allowed",
            )
        })
        .await?;
    let path = case.path(&format!("/actions/{action}"));
    let body = json!({"comment": "For a reason."});
    let done = case
        .client
        .post(&path)
        .new_key()
        .json(&body)
        .send()
        .await?
        .status(200)?;
    let again = case.read().await?;
    done.same_but("", again.body(), &[])?;
    let refused = &again.body()["actions"][action]["allowed"];
    check(
        *refused == false,
        format!("{action} is allowed again"),
        "refused",
    )?;
    let timeline = case.timeline().await?;
    let found = timeline
        .list("/items")?
        .iter()
        .find(|item| item["text"] == text);
    let entry = found.unwrap_or(&Value::Null);
    check(
        entry["kind"] == "proposal"
            && entry["answer"] == answered
            && entry["comment"] == "For a reason.",
        entry,
        &format!("a proposal with answer {answered} and the comment"),
    )
}

async fn decline(suite: &Suite) -> Checked {
    proposal(suite, "decline_proposal", "declined").await
}

async fn accept(suite: &Suite) -> Checked {
    proposal(suite, "accept_proposal", "accepted").await
}

/// The desk says that it is done, and the customer sees it.
async fn resolve(suite: &Suite) -> Result<(&Case, Reply), Miss> {
    let case = suite.worked().await?;
    let done = json!({"status": "resolved", "outcome": "done"});
    let shown = case.read().await?;
    if shown.at("/status") != "resolved" {
        suite.desk_does(case, "status", &done).await?;
    }
    let shown = suite
        .until(async || {
            let shown = case.read().await?;
            check(
                shown.at("/status") == "resolved",
                shown.at("/status"),
                "resolved",
            )?;
            Ok(shown)
        })
        .await?;
    Ok((case, shown))
}

async fn resolved(suite: &Suite) -> Checked {
    let (_, shown) = resolve(suite).await?;
    shown.instant("/resolved_at")?;
    let allowed = |name: &str| {
        shown.body()["actions"]
            .get(name)
            .map(|state| &state["allowed"] == true)
    };
    for name in ["confirm", "reopen"] {
        check(
            allowed(name) != Some(false),
            format!("{name} is refused"),
            "allowed",
        )?;
    }
    check(
        allowed("withdraw") != Some(true),
        "withdraw is allowed",
        "refused",
    )
}

async fn does(case: &Case, action: &str) -> Result<Reply, Miss> {
    if case.action(action).await?.is_none() {
        let why = format!("{action} does not exist here");
        return Err(Miss::not_offered(why));
    }
    let done = case.act(action).await?.status(200)?;
    let again = case.read().await?;
    done.same_but("", again.body(), &[])?;
    Ok(again)
}

async fn reopen(suite: &Suite) -> Checked {
    let (case, _) = resolve(suite).await?;
    let shown = does(case, "reopen").await?;
    let status = shown.word("/status")?;
    check(
        !matches!(status.as_str(), "resolved" | "closed"),
        status,
        "neither resolved nor closed",
    )
}

async fn reopened(suite: &Suite) -> Checked {
    let (case, _) = resolve(suite).await?;
    does(case, "reopen").await?;
    case.say("It is not solved.").await?.status(201)?;
    for name in ["confirm", "reopen"] {
        if let Some(state) = case.action(name).await? {
            check(
                state["allowed"] == false,
                format!("{name}: {state}"),
                "refused",
            )?;
        }
    }
    Ok(())
}

async fn confirm(suite: &Suite) -> Checked {
    let (case, _) = resolve(suite).await?;
    let shown = does(case, "confirm").await?;
    check(
        shown.at("/status") == "closed",
        shown.at("/status"),
        "closed",
    )?;
    shown.instant("/closed_at").map(drop)
}

async fn confirmed(suite: &Suite) -> Checked {
    let case = suite.worked().await?;
    if case.read().await?.at("/status") != "closed" {
        return Err(Miss::not_offered("the request did not come to be closed"));
    }
    let refused = case
        .act("confirm")
        .await?
        .problem(409, "action_not_allowed")?;
    check(
        refused.at("/reason") == "already_closed",
        refused.at("/reason"),
        "reason already_closed",
    )
}
