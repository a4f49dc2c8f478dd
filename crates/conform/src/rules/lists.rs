//! Lists in pages, and what stands in them.

use crate::{
    Checked, Miss, check,
    client::{Client, Reply},
    suite::{Case, Suite},
};
use portico_contract::{config::Capability, list::Page, request::Request};
use serde_json::Value;
use std::collections::BTreeSet;

const SUBMIT: Option<Capability> = Some(Capability::Submit);

super::rules! {
    SUBMIT, "lists.shape", "A list is {items, next_cursor, total}; total may be null.", shape;
    SUBMIT, "lists.limit", "limit is 1 to 100; anything else is 400 bad_request.", limit;
    SUBMIT, "lists.cursor", "A cursor that the server did not give is 400 bad_request.", cursor;
    SUBMIT, "lists.paging", "Page by page every row comes once, in the order of the whole list.", paging;
    SUBMIT, "lists.total", "total is the number of rows of all pages, or null.", total;
    SUBMIT, "lists.cursor_of_list", "A cursor belongs to its list: with another order it is 400 bad_request.", of_list;
    SUBMIT, "lists.cursor_of_reader", "A cursor belongs to its reader: for another it is 400 bad_request.", of_reader;
    SUBMIT, "lists.own", "A customer's list has their own requests and nobody else's.", own;
    SUBMIT, "lists.rows", "A row is the request as reading it gives it.", rows;
    SUBMIT, "lists.status", "status and kind, comma-separated, choose; nothing else comes.", filters;
    SUBMIT, "lists.reference", "reference finds exactly that request, as people type it.", reference;
    SUBMIT, "lists.search", "q finds words of the subject.", search;
    SUBMIT, "lists.sort", "sort is -updated_at, -created_at or created_at.", sort;
}

/// Reads a whole list, page by page.
pub(super) async fn pages(client: &Client, path: &str, limit: usize) -> Result<Vec<Value>, Miss> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut items: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    let mut seen = BTreeSet::new();
    loop {
        let call = client.get(&format!("{path}{joint}limit={limit}{cursor}"));
        let page = call.send().await?.status(200)?;
        let rows = page.list("/items")?;
        check(
            rows.len() <= limit,
            format!("{} rows", rows.len()),
            &format!("{limit} at most"),
        )?;
        for row in rows {
            let id = row["id"].as_str().unwrap_or_default().to_owned();
            check(
                seen.insert(id.clone()),
                format!("{id} twice"),
                "every row once",
            )?;
            items.push(row.clone());
        }
        match page.at("/next_cursor") {
            Value::Null => return Ok(items),
            Value::String(next) if !rows.is_empty() => cursor = format!("&cursor={next}"),
            other => {
                let seen = format!("next_cursor {other} after {} rows", rows.len());
                return Err(Miss::failed(seen, "a cursor, and null on the last page"));
            }
        }
    }
}

/// Who has a list, of several requests where a token was given.
async fn reader(suite: &Suite) -> Result<&Client, Miss> {
    match suite.mine().await {
        Ok([first, ..]) => Ok(&first.client),
        _ => Ok(&suite.main().await?.client),
    }
}

async fn page(client: &Client, query: &str) -> Result<Reply, Miss> {
    client.get(&format!("/requests{query}")).send().await
}

async fn shape(suite: &Suite) -> Checked {
    let listed = page(reader(suite).await?, "").await?.status(200)?;
    for member in ["items", "next_cursor", "total"] {
        check(
            listed.body().get(member).is_some(),
            format!("no {member}"),
            "items, next_cursor and total",
        )?;
    }
    listed.read::<Page<Request>>().map(drop)
}

async fn limit(suite: &Suite) -> Checked {
    let reader = reader(suite).await?;
    for good in ["?limit=1", "?limit=100"] {
        page(reader, good).await?.status(200)?;
    }
    for bad in ["?limit=0", "?limit=101", "?limit=many"] {
        page(reader, bad).await?.problem(400, "bad_request")?;
    }
    Ok(())
}

async fn cursor(suite: &Suite) -> Checked {
    let reader = reader(suite).await?;
    let asked = page(reader, "?cursor=never-given").await?;
    asked.problem(400, "bad_request").map(drop)
}

async fn paging(suite: &Suite) -> Checked {
    let mine = suite.mine().await?;
    let client = &mine[0].client;
    let paged = pages(client, "/requests?sort=created_at", 2).await?;
    let whole = pages(client, "/requests?sort=created_at", 100).await?;
    check(
        paged == whole,
        format!("{} rows by two, {} by a hundred", paged.len(), whole.len()),
        "the same rows in the same order",
    )?;
    for case in mine {
        let there = paged.iter().any(|row| row["id"] == case.id);
        check(
            there,
            format!("no {}", case.reference),
            "every request of the customer",
        )?;
    }
    Ok(())
}

async fn total(suite: &Suite) -> Checked {
    let client = &suite.mine().await?[0].client;
    let rows = pages(client, "/requests", 100).await?.len();
    let listed = page(client, "?limit=1").await?.status(200)?;
    let total = listed.at("/total");
    check(
        total.is_null() || total.as_u64() == Some(rows as u64),
        format!("total {total}"),
        &format!("{rows}, or null"),
    )
}

async fn first_cursor(client: &Client) -> Result<String, Miss> {
    let listed = page(client, "?limit=1&sort=created_at")
        .await?
        .status(200)?;
    listed.word("/next_cursor")
}

async fn of_list(suite: &Suite) -> Checked {
    let client = &suite.mine().await?[0].client;
    let cursor = first_cursor(client).await?;
    let asked = page(
        client,
        &format!("?limit=1&sort=-created_at&cursor={cursor}"),
    )
    .await?;
    asked.problem(400, "bad_request").map(drop)
}

async fn of_reader(suite: &Suite) -> Checked {
    let cursor = first_cursor(&suite.mine().await?[0].client).await?;
    let theirs = &suite.theirs().await?.client;
    let asked = page(theirs, &format!("?limit=1&sort=created_at&cursor={cursor}")).await?;
    asked.problem(400, "bad_request").map(drop)
}

async fn own(suite: &Suite) -> Checked {
    let mine = suite.mine().await?;
    let theirs = suite.theirs().await?;
    let strangers: Vec<&Case> = vec![suite.main().await?, suite.other().await?, theirs];
    let listed = pages(&mine[0].client, "/requests", 100).await?;
    for row in &listed {
        let foreign = strangers.iter().find(|case| row["id"] == case.id);
        check(
            foreign.is_none(),
            format!("{}, which is somebody else's", row["reference"]),
            "nobody else's request",
        )?;
    }
    Ok(())
}

async fn rows(suite: &Suite) -> Checked {
    let (client, case) = match suite.mine().await {
        Ok(mine) => (&mine[0].client, &mine[0]),
        Err(_) => {
            let main = suite.main().await?;
            (&main.client, main)
        }
    };
    let shown = case.read().await?;
    let listed = pages(client, "/requests", 100).await?;
    let row = listed.iter().find(|row| row["id"] == case.id);
    let row = row.ok_or_else(|| Miss::failed("no such row", "the request"))?;
    shown.same_but("", row, &[])
}

async fn filters(suite: &Suite) -> Checked {
    let mine = suite.mine().await?;
    let client = &mine[0].client;
    for member in ["status", "kind"] {
        let word = mine[0].read().await?.word(&format!("/{member}"))?;
        let listed = pages(client, &format!("/requests?{member}={word}"), 100).await?;
        let found = listed.iter().any(|row| row["id"] == mine[0].id);
        check(
            found,
            format!("{member}={word} does not find it"),
            "what fits",
        )?;
        for row in listed {
            check(
                row[member] == word,
                format!("{member} {}", row[member]),
                &word,
            )?;
        }
    }
    let open = pages(client, "/requests?status=resolved,closed", 100).await?;
    let there = open
        .iter()
        .any(|row| mine.iter().any(|case| row["id"] == case.id));
    check(
        !there,
        "a request that is neither",
        "what is resolved or closed",
    )
}

async fn reference(suite: &Suite) -> Checked {
    let mine = suite.mine().await?;
    let typed = mine[1].reference.to_lowercase().replace('-', "");
    let listed = page(&mine[1].client, &format!("?reference={typed}"))
        .await?
        .status(200)?;
    let items = listed.list("/items")?;
    check(
        items.len() == 1 && items[0]["id"] == mine[1].id,
        format!("{} rows", items.len()),
        "that one request",
    )?;
    let theirs = suite.main().await?;
    let foreign = page(&mine[1].client, &format!("?reference={}", theirs.reference)).await?;
    let foreign = foreign.status(200)?;
    check(
        foreign.list("/items")?.is_empty(),
        &foreign,
        "nothing that is somebody else's",
    )
}

async fn search(suite: &Suite) -> Checked {
    let mine = suite.mine().await?;
    let subject = mine[2].created.word("/request/subject")?;
    let word = subject.split(' ').nth(2).unwrap_or_default();
    let find = async || {
        let listed = page(&mine[2].client, &format!("?q={word}"))
            .await?
            .status(200)?;
        let ids: Vec<_> = listed
            .list("/items")?
            .iter()
            .map(|row| row["id"].clone())
            .collect();
        check(
            ids == [mine[2].id.as_str()],
            format!("q={word} finds {} requests", ids.len()),
            "the one whose subject has it",
        )
    };
    // Some desks index what was written a moment later.
    suite.until(find).await
}

async fn sort(suite: &Suite) -> Checked {
    let client = &suite.mine().await?[0].client;
    for (sort, member, falling) in [
        ("created_at", "created_at", false),
        ("-created_at", "created_at", true),
        ("-updated_at", "updated_at", true),
    ] {
        let listed = page(client, &format!("?limit=100&sort={sort}"))
            .await?
            .status(200)?;
        let rows: Page<Request> = listed.read()?;
        let mut times: Vec<_> = rows
            .items
            .iter()
            .map(|row| {
                if member == "created_at" {
                    row.created_at
                } else {
                    row.updated_at
                }
            })
            .collect();
        if falling {
            times.reverse();
        }
        check(
            times.is_sorted(),
            format!("sort={sort} is not in that order"),
            member,
        )?;
    }
    Ok(())
}
