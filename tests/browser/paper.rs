//! On paper: the case file, without what can only be pressed.

use portico_tests::words::ZH_HANT;
use portico_tests::{Look, Page};
use serde_json::json;

use crate::setting::{MEMBER, customer_in, desk_resolves, desk_writes, only_request};

/// How many sheets a page takes.
async fn sheets(page: &Page) -> usize {
    let pdf = page.paper().await;
    let mark = b"/Type /Page\n";
    pdf.windows(mark.len()).filter(|part| part == mark).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_and_the_request_are_printed_with_dates_and_without_buttons() {
    let (server, _browser, me) = customer_in(ZH_HANT).await;
    me.sign_in(&server, MEMBER).await;
    me.fill_form("重複扣款", "三月扣了兩次", None).await;
    me.send().await;
    let codes = me.sent().await;
    let id = only_request(&server).await;
    desk_writes(&server, &id, "說明在 https://example.com/help").await;

    me.open("/requests").await;
    me.page.link("重複扣款").wait().await;
    assert_eq!(sheets(&me.page).await, 1);
    me.page
        .look(Look {
            print: true,
            ..Look::default()
        })
        .await;
    // How long ago it was says nothing later on.
    let date =
        "return getComputedStyle(document.querySelector('.requests time'), '::after').content";
    let date = me.page.run(date, vec![]).await;
    assert!(date.as_str().unwrap().contains('年'), "{date}");

    me.open(&format!("/requests/{}", codes.reference)).await;
    me.page.see("https://example.com/help").await;
    me.see("promise.title").await;
    let read = "return [...document.querySelectorAll('button, textarea, select, input')]
        .filter(e => e.checkVisibility()).map(e => e.outerHTML)";
    assert_eq!(me.page.run(read, vec![]).await, json!([]));
    let link = "return getComputedStyle(document.querySelector('.prose a'), '::after').content";
    assert_eq!(me.page.run(link, vec![]).await, "none");

    // What is folded up on screen belongs to the case: rounds before, and the ways on.
    desk_resolves(&server, &id, "已退款").await;
    let member = server.customer(MEMBER).await;
    let reopened = member.post(&format!("/requests/{id}/actions/reopen"));
    reopened.new_key().send().await.expect_status(200);
    me.see("promise.earlier").await;
    let folded = "return ['earlier', 'ladder'].map(of => {
        const details = document.querySelector('details.' + of);
        const parts = [...details.querySelectorAll('li')];
        const mark = getComputedStyle(details.querySelector('summary'), '::before').display;
        return [details.open, parts.length > 1 && parts.every(part => part.checkVisibility()), mark];
    })";
    let printed = json!([[false, true, "none"], [false, true, "none"]]);
    assert_eq!(me.page.run(folded, vec![]).await, printed);
}
