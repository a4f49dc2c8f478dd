//! One request: its versions, its timeline, and what its customer may do.

use crate::{
    Checked, Miss, check,
    client::Reply,
    suite::{Case, Suite, message},
};
use portico_contract::{
    Word,
    config::Capability,
    list::Page,
    request::{Action, ActionState, Request},
    timeline::TimelineItem,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SUBMIT: Option<Capability> = Some(Capability::Submit);

super::rules! {
    SUBMIT, "request.shape",
        "GET /requests/{id} has every member that the contract gives, in its types and words.", shape;
    SUBMIT, "request.unknown_is_null",
        "What is not known yet is there as null: outcome, resolved_at, closed_at.", nulls;
    SUBMIT, "etag.present", "A request has a strong ETag, which changes when the request does.", etag;
    SUBMIT, "etag.match", "If-Match with the present ETag lets a message pass.", matches;
    SUBMIT, "etag.stale", "If-Match with an ETag from before a change is 412 stale, and nothing is written.", stale;
    SUBMIT, "messages.reread",
        "A message is answered 201 with its timeline item, as the timeline then gives it.", message_reread;
    SUBMIT, "messages.empty", "A message without words and files is 422 at /body/value.", message_empty;
    SUBMIT, "timeline.order",
        "A timeline is oldest first, each entry with an id of its own, an instant and a kind.", order;
    SUBMIT, "timeline.mine", "What the customer wrote is theirs: role customer, me true.", mine;
    SUBMIT, "timeline.paging", "A timeline in pages has every entry once, in the same order.", paging;
    SUBMIT, "seen.counts", "POST /requests/{id}/seen says how far the customer has read: nothing is unread then.", seen;
    SUBMIT, "actions.states",
        "Every action is {allowed, reason?}: what is refused says why, what is allowed does not.", states;
    SUBMIT, "actions.next_at", "What is refused because it is too soon says in next_at from when it can be.", next_at;
    SUBMIT, "actions.edit",
        "edit, while new: what changes is changed, what is absent stays, as reading gives it.", edit;
    SUBMIT, "actions.open", "What is not resolved allows neither confirm nor reopen.", open;
    SUBMIT, "actions.refused",
        "A refused action is 409 action_not_allowed with the reason that actions gives.", refused;
    SUBMIT, "actions.absent", "An action that a request does not have is 404 not_found.", absent;
    SUBMIT, "actions.comment_needed", "decline_proposal, escalate and review need a comment: 422 at /comment.", comment;
    SUBMIT, "actions.withdraw",
        "withdraw closes: status closed, outcome withdrawn, closed_at; the answer is what reading gives.", withdraw;
    SUBMIT, "actions.closed", "What is closed allows nothing but reopen and review.", closed;
}

async fn shape(suite: &Suite) -> Checked {
    let shown = suite.main().await?.read().await?;
    let request: Request = shown.read()?;
    let words = request.kind.is_known()
        && request.status.is_known()
        && request.waiting_on.is_known()
        && request.outcome.is_known()
        && request.urgency.is_known()
        && request.grade.is_known()
        && request.class.is_known();
    check(words, &shown, "words of the contract")?;
    check(
        !request.status_label.is_empty() && !request.status_meaning.is_empty(),
        &shown,
        "status_label and status_meaning in words",
    )?;
    check(
        request.created_at <= request.updated_at,
        &shown,
        "created_at no later than updated_at",
    )
}

async fn nulls(suite: &Suite) -> Checked {
    let shown = suite.main().await?.read().await?;
    for member in ["outcome", "resolved_at", "closed_at"] {
        let found = shown.body().get(member);
        check(
            found == Some(&Value::Null),
            format!("{member}: {}", found.unwrap_or(&json!("absent"))),
            "null",
        )?;
    }
    Ok(())
}

fn tag(shown: &Reply) -> Result<String, Miss> {
    let tag = shown.header("etag").unwrap_or_default();
    check(
        tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2,
        format!("ETag: {tag}"),
        "a strong ETag, in quotation marks",
    )?;
    Ok(tag.to_owned())
}

/// The ETag of a request before and after something was written.
async fn before_and_after(case: &Case) -> Result<(String, String), Miss> {
    let before = tag(&case.read().await?)?;
    case.say("A word, so that the request changes.")
        .await?
        .status(201)?;
    Ok((before, tag(&case.read().await?)?))
}

async fn etag(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let (first, second) = (tag(&case.read().await?)?, tag(&case.read().await?)?);
    check(
        first == second,
        format!("{first}, then {second}"),
        "the same while nothing changes",
    )?;
    let (before, after) = before_and_after(case).await?;
    check(
        before != after,
        format!("{after} after a message"),
        "another ETag",
    )
}

async fn say_if(case: &Case, tag: &str, words: &str) -> Result<Reply, Miss> {
    let path = case.path("/messages");
    let call = case.client.post(&path).new_key().header("if-match", tag);
    call.json(&message(words)).send().await
}

async fn matches(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let now = tag(&case.read().await?)?;
    say_if(case, &now, "Nothing has changed.")
        .await?
        .status(201)
        .map(drop)
}

async fn stale(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let (before, _) = before_and_after(case).await?;
    let words = "This must not be written.";
    say_if(case, &before, words).await?.problem(412, "stale")?;
    let timeline = case.timeline().await?;
    let written = timeline
        .list("/items")?
        .iter()
        .any(|item| item["body"]["value"] == words);
    check(!written, "the message was written", "nothing is written")
}

async fn message_reread(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let words = "第二行在下面。\n  Indented, with \"quotes\" & <signs>.";
    let said = case.say(words).await?.status(201)?;
    let item: TimelineItem = said.read()?;
    let timeline = case.timeline().await?;
    let items = timeline.list("/items")?;
    let found = items.iter().find(|one| one["id"] == item.id.as_str());
    let found = found.ok_or_else(|| {
        Miss::failed(
            format!("no entry {} in the timeline", item.id),
            "the message that was answered",
        )
    })?;
    check(
        found["body"]["value"] == words,
        &found["body"]["value"],
        words,
    )?;
    said.same_but("", found, &[])
}

async fn message_empty(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    case.say("").await?.wrong_at("/body/value").map(drop)
}

async fn order(suite: &Suite) -> Checked {
    let timeline = suite.main().await?.timeline().await?;
    let page: Page<TimelineItem> = timeline.read()?;
    check(
        page.items.is_sorted_by_key(|item| item.at),
        "entries that are not in order",
        "oldest first",
    )?;
    let ids: BTreeSet<_> = page.items.iter().map(|item| &item.id).collect();
    check(
        ids.len() == page.items.len(),
        "the same id twice",
        "an id of its own",
    )
}

async fn mine(suite: &Suite) -> Checked {
    let timeline = suite.main().await?.timeline().await?;
    let items = timeline.list("/items")?.iter();
    let messages: Vec<_> = items.filter(|item| item["kind"] == "message").collect();
    check(
        !messages.is_empty(),
        "no message",
        "what the customer wrote",
    )?;
    for item in messages {
        let author = &item["author"];
        check(
            author["role"] == "customer" && author["me"] == true && author["name"].is_string(),
            author,
            "role customer, me true and a name",
        )?;
    }
    Ok(())
}

async fn paging(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let whole = case.timeline().await?;
    let path = case.path("/timeline");
    let paged = super::lists::pages(&case.client, &path, 2).await?;
    check(
        paged == whole.list("/items")?,
        format!("{} entries", paged.len()),
        "the entries of the whole timeline, each once",
    )
}

async fn seen(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let timeline = case.timeline().await?;
    let last = timeline.list("/items")?.last().cloned().unwrap_or_default();
    let body = json!({"up_to": last["at"]});
    let call = case.client.post(&case.path("/seen")).json(&body);
    call.send().await?.status(204)?;
    let shown = case.read().await?;
    check(
        shown.at("/unread_count") == &json!(0),
        format!("unread_count: {}", shown.at("/unread_count")),
        "0",
    )
}

async fn states(suite: &Suite) -> Checked {
    let shown = suite.main().await?.read().await?;
    let actions: BTreeMap<Action, ActionState> =
        serde_json::from_value(shown.at("/actions").clone())
            .map_err(|error| Miss::failed(error.to_string(), "an object of action states"))?;
    for (action, state) in actions {
        check(
            action.is_known() && state.reason.is_known() && state.allowed == state.reason.is_none(),
            format!("{action}: {state:?}"),
            "allowed without a reason, or refused with one of the contract",
        )?;
    }
    Ok(())
}

async fn next_at(suite: &Suite) -> Checked {
    let shown = suite.main().await?.read().await?;
    let mut asked = false;
    for (name, state) in shown.at("/actions").as_object().into_iter().flatten() {
        if matches!(state["reason"].as_str(), Some("too_soon" | "asked_lately")) {
            asked = true;
            let at = format!("/actions/{name}/next_at");
            let ahead = shown.instant(&at)? > suite.config()?.server_now;
            check(ahead, format!("{name}: {state}"), "next_at ahead")?;
        }
    }
    match asked {
        true => Ok(()),
        false => Err(Miss::not_offered("nothing is refused for being too soon")),
    }
}

async fn edit(suite: &Suite) -> Checked {
    let case = suite.other().await?;
    let state = case.action("edit").await?;
    if state.is_none_or(|state| state["allowed"] != true) {
        return Err(Miss::not_offered("edit does not exist here, or not now"));
    }
    let before = case.read().await?;
    let subject = format!("{} edited", before.word("/subject")?);
    let path = case.path("/actions/edit");
    let call = case
        .client
        .post(&path)
        .new_key()
        .json(&json!({"subject": subject}));
    let edited = call.send().await?.status(200)?;
    let after = case.read().await?;
    edited.same_but("", after.body(), &[])?;
    check(
        after.at("/subject") == subject.as_str(),
        after.at("/subject"),
        &subject,
    )?;
    after.same_but("/fields", before.at("/fields"), &[])
}

async fn open(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    for name in ["confirm", "reopen"] {
        if let Some(state) = case.action(name).await? {
            check(
                state["allowed"] == false,
                format!("{name}: {state}"),
                "not allowed",
            )?;
        }
    }
    Ok(())
}

async fn refused(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let mut asked = false;
    for name in ["confirm", "reopen"] {
        let Some(state) = case.action(name).await? else {
            continue;
        };
        asked = true;
        let reply = case.act(name).await?.problem(409, "action_not_allowed")?;
        check(
            reply.at("/reason") == &state["reason"] && reply.at("/reason").is_string(),
            format!("reason {}", reply.at("/reason")),
            &format!("reason {}", state["reason"]),
        )?;
    }
    match asked {
        true => Ok(()),
        false => Err(Miss::not_offered("neither confirm nor reopen exists here")),
    }
}

async fn absent(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    case.act("no_such_action")
        .await?
        .problem(404, "not_found")?;
    let shown = case.read().await?;
    for action in Action::ALL {
        // These two are not actions of their own address.
        let asked = !matches!(action, Action::Reply | Action::Attach);
        if asked && shown.body()["actions"].get(action.as_str()).is_none() {
            let path = case.path(&format!("/actions/{action}"));
            // What each of them needs, so that the body is not what is refused.
            let body = json!({"comment": "Not offered here."});
            let body = match action {
                Action::Edit => json!({}),
                Action::Follow => json!({"email": "conform@example.com"}),
                _ => body,
            };
            let call = case.client.post(&path).new_key().json(&body);
            call.send().await?.problem(404, "not_found")?;
        }
    }
    Ok(())
}

async fn comment(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let mut asked = false;
    for name in ["decline_proposal", "escalate", "review"] {
        if case.action(name).await?.is_some() {
            asked = true;
            case.act(name).await?.wrong_at("/comment")?;
        }
    }
    match asked {
        true => Ok(()),
        false => Err(Miss::not_offered("none of them exists here")),
    }
}

/// Passes where a request can be taken back, or has been.
pub(super) async fn withdrawable(case: &Case) -> Checked {
    match case.action("withdraw").await? {
        None => Err(Miss::not_offered("withdraw does not exist here")),
        Some(state) => check(
            state["allowed"] == true || state["reason"] == "already_closed",
            state,
            "withdraw is allowed while neither resolved nor closed",
        ),
    }
}

/// The request that is taken back.
async fn withdrawn(suite: &Suite) -> Result<&Case, Miss> {
    let case = suite.spare().await?;
    withdrawable(case).await?;
    if case.read().await?.at("/status") != "closed" {
        case.act("withdraw").await?.status(200)?;
    }
    Ok(case)
}

async fn withdraw(suite: &Suite) -> Checked {
    let case = suite.spare().await?;
    withdrawable(case).await?;
    let shown = withdrawn(suite).await?.read().await?;
    check(
        shown.at("/status") == "closed"
            && shown.at("/outcome") == "withdrawn"
            && shown.at("/closed_at").is_string(),
        &shown,
        "status closed, outcome withdrawn, and closed_at",
    )?;
    let all = suite.nobody.answers();
    let path = case.path("/actions/withdraw");
    let answered = all.iter().find(|one| one.path == path && one.status == 200);
    let Some(answered) = answered else {
        return Ok(());
    };
    answered.same_but("", shown.body(), &[])
}

async fn closed(suite: &Suite) -> Checked {
    let case = withdrawn(suite).await?;
    let shown = case.read().await?;
    let actions = shown
        .at("/actions")
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (name, state) in actions {
        if !matches!(name.as_str(), "reopen" | "review") {
            check(
                state["allowed"] == false,
                format!("{name}: {state}"),
                "not allowed",
            )?;
        }
    }
    case.say("Too late.")
        .await?
        .problem(409, "action_not_allowed")
        .map(drop)
}
