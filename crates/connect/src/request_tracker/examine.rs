//! What `portico doctor` says of a Request Tracker.

use super::{
    RequestTracker,
    answer::{Collection, Links, Named},
};
use crate::{backend::Finding, examination::Examination};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) async fn examine(rt: &RequestTracker) -> Vec<Finding> {
    let mut found = Examination::default();
    if let Some(reply) = found.first(&rt.api, rt.api.get(&["rt"]).send().await) {
        let version: Option<Value> = serde_json::from_slice(&reply.body).ok();
        let version = version.and_then(|said| Some(said["Version"].as_str()?.to_owned()));
        match version {
            None => found.trouble(
                "REST2",
                "The answer at REST/2.0/rt has no version: this is another program than \
                     Request Tracker.",
            ),
            Some(version) => {
                found.is(
                    version.starts_with("5."),
                    format!("Request Tracker {version}"),
                    "This connector was made for version 5; with another it was not tried.",
                );
                account(rt, &mut found).await;
                queues(rt, &mut found).await;
            }
        }
    }
    found.findings()
}

async fn account(rt: &RequestTracker, found: &mut Examination) {
    let account = &rt.settings.account;
    let seen = rt.api.get(&["user", account]).send().await;
    found.is(
        seen.is_ok(),
        format!("the account {account}"),
        "The credential is of another account, or there is no such one: write RT's own name \
             of it into `account`, \
             or what customers write shows as an agent's.",
    );
}

async fn queues(rt: &RequestTracker, found: &mut Examination) {
    let wanted: BTreeSet<_> = rt
        .settings
        .queues
        .values()
        .chain([&rt.settings.queue])
        .collect();
    let call = rt
        .api
        .get(&["queues", "all"])
        .query("fields", "Name")
        .query("per_page", "100");
    let queues: Collection<Named> = match call.read().await {
        Ok(queues) => queues,
        Err(error) => {
            return found.trouble("the queues", format!("They cannot be read: {error}."));
        }
    };
    for name in wanted {
        let what = format!("the queue {name}");
        match queues.items.iter().find(|queue| queue.name == *name) {
            None => found.trouble(
                what,
                "It is not there, or the account may not see it: give the account the right \
                     SeeQueue.",
            ),
            Some(queue) => {
                found.well(what);
                fields(rt, found, queue).await;
                rights(rt, found, queue).await;
            }
        }
    }
}

async fn fields(rt: &RequestTracker, found: &mut Examination, queue: &Named) {
    let call = rt.api.get(&["queue", &queue.id, "customfields"]);
    let call = call.query("fields", "Name").query("per_page", "100");
    let there: Vec<String> = match call.read::<Collection<Named>>().await {
        Ok(fields) => fields.items.into_iter().map(|field| field.name).collect(),
        Err(error) => {
            let what = format!("the custom fields of {}", queue.name);
            return found.trouble(
                what,
                format!("They cannot be read: {error}. The right is SeeCustomField."),
            );
        }
    };
    let own = [&rt.settings.key_field, &rt.settings.state_field];
    let wanted = rt.settings.fields.values().chain(own);
    for name in wanted.filter(|name| !name.is_empty()) {
        found.is(
            there.contains(name),
            format!("the custom field {name} of {}", queue.name),
            "The queue has no such field, or the account may not see it: apply the field to \
                 the queue, and give \
                 the account SeeCustomField and ModifyCustomField.",
        );
    }
}

/// RT says what may be done in the links of a queue and of a ticket.
async fn rights(rt: &RequestTracker, found: &mut Examination, queue: &Named) {
    let has = |links: &Links, what: &str| {
        links
            .links
            .iter()
            .any(|link| link.what.as_deref() == Some(what))
    };
    if let Ok(links) = rt.api.get(&["queue", &queue.id]).read::<Links>().await {
        found.is(
            has(&links, "create"),
            format!("making tickets in {}", queue.name),
            "The account may not: give it the right CreateTicket.",
        );
    }
    let query = format!("Queue = '{}'", queue.name);
    let call = rt
        .api
        .get(&["tickets"])
        .query("query", &query)
        .query("per_page", "1");
    #[derive(Deserialize)]
    struct Id {
        id: Value,
    }
    let Ok(tickets) = call.read::<Collection<Id>>().await else {
        return found.trouble(
            format!("reading {}", queue.name),
            "Give the account the right ShowTicket.",
        );
    };
    let Some(ticket) = tickets.items.first() else {
        // Nothing to see it by.
        return;
    };
    let id = ticket
        .id
        .as_str()
        .map_or_else(|| ticket.id.to_string(), str::to_owned);
    let Ok(links) = rt.api.get(&["ticket", &id]).read::<Links>().await else {
        return found.trouble(
            format!("reading {}", queue.name),
            "Give the account the right ShowTicket.",
        );
    };
    found.is(
        has(&links, "correspond"),
        format!("writing to tickets of {}", queue.name),
        "The account may not: give it the right ReplyToTicket.",
    );
    found.is(
        has(&links, "lifecycle"),
        format!("changing tickets of {}", queue.name),
        "The account may not: give it the right ModifyTicket.",
    );
}
