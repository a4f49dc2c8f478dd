//! Every page of the portal in every state that it has, one after another: for the accessibility matrix
//! and for pictures.

use portico_contract::code::Reference;
use serde_json::{Value, json};

use crate::api::complaint;
use crate::browser::Setup;
use crate::customer::Customer;
use crate::page::has;
use crate::words::{Language, Words};
use crate::{Browser, Fault, FaultProxy, Options, Page, Plan, Server, until};

const GUEST: &str = "guest@example.com";
const MEMBER: &str = "lin.yijun@mingde.example";
const NEWCOMER: &str = "newcomer@example.com";
const SUBJECT: &str = "三月的帳單重複扣款";
const BODY: &str = "三月五日與三月七日各扣了一次同一筆費用。\n附上畫面，請協助確認。";

/// Walks through all of it in one language and hands each state to `show`, by its name.
pub async fn walk(language: Language, mut show: impl AsyncFnMut(&'static str, &Page)) {
    let options = Options {
        demo: true,
        test_clock: true,
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let proxy = FaultProxy::start(server.port(), 5).await;
    let browser = Browser::with(Setup {
        languages: language.asked,
        ..Setup::default()
    })
    .await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, &server, proxy.origin()).await;
    let mut tour = Tour {
        server,
        browser,
        proxy,
        me,
        show: &mut show,
    };
    tour.guest().await;
    tour.form().await;
    tour.tracking().await;
    tour.signing_in().await;
    tour.lists().await;
    tour.request().await;
    tour.promises().await;
    tour.callbacks().await;
    tour.following().await;
    tour.signed_out().await;
    tour.survey().await;
    tour.failures().await;
}

struct Tour<'a, F> {
    server: Server,
    browser: Browser,
    proxy: FaultProxy,
    me: Customer,
    show: &'a mut F,
}

impl<F: AsyncFnMut(&'static str, &Page)> Tour<'_, F> {
    async fn show(&mut self, name: &'static str) {
        let page = self.me.page.clone();
        (self.show)(name, &page).await;
    }

    async fn guest(&mut self) {
        let me = self.me.clone();
        me.open("/").await;
        me.page.link(has(&me.label(""))).wait().await;
        self.show("home-guest").await;
        me.page.offline(true).await;
        me.see("offline.text").await;
        self.show("home-offline").await;
        me.page.offline(false).await;
        me.open("/new").await;
        me.page.link(has(&me.label(""))).wait().await;
        self.show("new").await;
        me.open("/nowhere").await;
        me.arrive("not_found.title").await;
        self.show("not-found").await;
        me.open("/requests").await;
        me.see("requests.signed_out").await;
        self.show("requests-signed-out").await;
        me.open("/service").await;
        me.see("measures.none").await;
        self.show("service-none").await;
    }

    async fn form(&mut self) {
        let me = self.me.clone();
        me.open(&Customer::form_path()).await;
        me.arrive("submit.describe_complaint").await;
        self.show("form-describe").await;
        me.press("form.continue").await;
        me.see("problem.title").await;
        self.show("form-describe-errors").await;
        me.describe(SUBJECT, BODY).await;
        self.show("form-details").await;
        me.press("form.continue").await;
        me.page.heading(me.label("about_result")).wait().await;
        let wish = me.label("wished_detail");
        me.page.radio(crate::Name::Any).nth(3).click().await;
        me.page.field(has(&wish)).wait().await;
        me.press("form.continue").await;
        me.see("problem.title").await;
        self.show("form-condition-errors").await;
        me.page.field(has(&wish)).fill("退回一筆。").await;
        me.press("form.continue").await;
        me.arrive("submit.files").await;
        self.show("form-files").await;
        let photo = me.photo("png").await;
        me.page.paste_file("帳單.png", "image/png", &photo).await;
        me.see("upload.uploaded").await;
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
        me.page
            .paste_file("drawing.svg", "image/svg+xml", svg)
            .await;
        me.page.see("drawing.svg").await;
        me.page
            .paste_file("not-a-photo.png", "image/png", svg)
            .await;
        let refused = [("name", "not-a-photo.png")];
        me.page
            .see(&me.words.with("upload.not_that", &refused))
            .await;
        self.show("form-files-added").await;
        me.page
            .button(has(&format!("{} not-a-photo", me.say("upload.remove"))))
            .click()
            .await;
        me.press("form.continue").await;
        me.arrive("submit.contact").await;
        self.show("form-contact").await;
        me.field("submit.email").fill("guest").await;
        me.press("form.continue").await;
        me.see("problem.title").await;
        self.show("form-contact-errors").await;
        me.field("submit.email").fill(GUEST).await;
        me.press("form.continue").await;
        me.arrive("submit.check_complaint").await;
        self.show("check").await;
        me.open("/").await;
        me.see("draft.continue").await;
        self.show("home-draft").await;
        me.press("draft.delete").await;
        me.page
            .by("dialog", me.say("draft.delete_title"))
            .wait()
            .await;
        self.show("home-draft-dialog").await;
        me.press("draft.keep").await;
        me.page.link(me.say("draft.continue")).click().await;
        me.arrive("submit.check_complaint").await;
        self.proxy.offline(true);
        me.page.offline(true).await;
        me.send().await;
        me.arrive("submit.waiting_title").await;
        me.see("outbox.tag").await;
        self.show("waiting").await;
        me.page.link(me.say("submit.home")).click().await;
        me.arrive("home.title").await;
        self.show("home-waiting").await;
        self.proxy.offline(false);
        me.page.offline(false).await;
        me.page.not_see(&me.say("outbox.tag")).await;
        me.fill_form(SUBJECT, BODY, Some(GUEST)).await;
        me.send().await;
        let codes = me.sent().await;
        self.show("sent").await;
        let name = format!("{}-receipt.html", codes.reference);
        let save = me.button("sent.receipt");
        let receipt = self.browser.saved(&save, &name).await;
        me.open("/receipt").await;
        me.arrive("receipt.check_title").await;
        self.show("receipt").await;
        let file = self.browser.profile().join(name);
        std::fs::write(&file, &receipt).unwrap();
        me.page.choose_files(&[&file]).await;
        me.page.heading(me.say("receipt.genuine")).wait().await;
        self.show("receipt-genuine").await;
        std::fs::write(&file, &receipt[1..]).unwrap();
        me.page.choose_files(&[&file]).await;
        me.page.heading(me.say("receipt.changed")).wait().await;
        self.show("receipt-changed").await;
    }

    async fn tracking(&mut self) {
        let me = self.me.clone();
        me.open("/track").await;
        me.arrive("track.title").await;
        self.show("track").await;
        me.press("track.submit").await;
        me.see("problem.title").await;
        self.show("track-errors").await;
        me.track(&crate::Codes {
            // Well formed, and nobody's.
            reference: Reference::from_random(7).to_string(),
            query_code: "4F9KX-81QTB".into(),
        })
        .await;
        me.see("track.no_match").await;
        self.show("track-no-match").await;
        me.open("/track#t=over").await;
        me.arrive("track.link_title").await;
        self.show("track-link").await;
        me.press("track.link_open").await;
        me.arrive("track.link_over").await;
        self.show("track-link-over").await;
    }

    async fn signing_in(&mut self) {
        let me = self.me.clone();
        me.open("/sign-in").await;
        me.field("sign_in.email").wait().await;
        self.show("sign-in").await;
        me.press("sign_in.send").await;
        me.see("problem.title").await;
        self.show("sign-in-errors").await;
        me.field("sign_in.email").fill(NEWCOMER).await;
        me.press("sign_in.send").await;
        me.arrive("sign_in.check_email").await;
        self.show("sign-in-code").await;
        me.field("sign_in.code").fill("000000").await;
        me.press("sign_in.submit").await;
        me.see("problem.title").await;
        self.show("sign-in-code-errors").await;
        let code = self.server.code_for(NEWCOMER).await;
        me.field("sign_in.code").fill(&code).await;
        me.press("sign_in.submit").await;
        me.page.link(me.say("nav.account")).wait().await;
        me.open("/requests").await;
        me.see("requests.empty").await;
        self.show("requests-empty").await;
        me.open("/sign-in").await;
        me.arrive("account.title").await;
        self.show("account").await;
        me.press("account.sign_out").await;
        me.arrive("home.title").await;
    }

    async fn lists(&mut self) {
        let me = self.me.clone();
        me.sign_in(&self.server, MEMBER).await;
        me.open("/").await;
        me.page.link(me.say("home.all")).wait().await;
        me.page.link(has(&me.label(""))).wait().await;
        self.show("home-signed-in").await;
        me.open("/requests").await;
        me.page.field(me.say("requests.search")).wait().await;
        me.page.not_see(&me.say("requests.empty")).await;
        self.show("requests").await;
        me.page.field(me.say("requests.search")).fill("zzzz").await;
        me.see("requests.no_match").await;
        self.show("requests-no-match").await;
    }

    async fn request(&mut self) {
        let me = self.me.clone();
        let member = self.server.customer(MEMBER).await;
        let photo = me.photo("jpeg").await;
        let file = member.upload("帳單.jpg", "image/jpeg", &photo).await;
        let mut body = complaint(SUBJECT, None);
        body["body"]["value"] = json!(BODY);
        body["fields"] = json!({"invoice_number": "INV-2042", "topic": "charged_twice"});
        body["attachment_ids"] = json!([file]);
        let created = member.submit(&body).await;
        let id = created.text_at("/request/id");
        let path = format!("/requests/{}", created.text_at("/request/reference"));
        me.open(&path).await;
        me.page.heading(SUBJECT).wait().await;
        me.field("request.write").wait().await;
        self.show("request-new").await;
        me.press("request.edit").await;
        me.field("request.subject").fill("").await;
        me.press("request.save").await;
        me.see("problem.title").await;
        self.show("request-edit-errors").await;
        me.press("action.cancel").await;
        me.press("request.withdraw").await;
        me.page
            .by("dialog", me.say("request.withdraw_title"))
            .wait()
            .await;
        self.show("request-withdraw-dialog").await;
        me.press("request.withdraw_keep").await;
        me.press("request.send").await;
        me.see("request.message_empty").await;
        self.show("request-reply-error").await;
        me.open(&path).await;
        me.field("request.write").wait().await;

        let text = "您好，請問兩筆扣款是同一張卡嗎？\n詳見 https://example.com/help";
        let message = json!({"body": {"format": "text", "value": text}, "public": true});
        self.desk(&id, "messages", message).await;
        let question = json!({"status": "pending", "waiting_on": "customer",
            "handler": {"name": "周寧", "team": "帳務組"}});
        self.desk(&id, "status", question).await;
        me.page.see("同一張卡嗎").await;
        me.see("request.turn_yours_text").await;
        self.show("request-your-turn").await;
        let done = json!({"status": "resolved", "outcome": "compensated",
            "explanation": "第二筆扣款已退回，三個工作日內入帳。"});
        self.desk(&id, "status", done).await;
        me.see("request.solved_question").await;
        self.show("request-resolved").await;
        me.press("request.reopen_still").await;
        me.page
            .by("dialog", me.say("request.reopen_title"))
            .wait()
            .await;
        self.show("request-reopen-dialog").await;
        me.press("action.cancel").await;
        me.press("request.confirm").await;
        me.see("request.confirmed").await;
        self.show("request-closed").await;
        let measure = json!({"kinds": ["complaint"],
            "said": {"en": "You wait too long for an answer about your bill.",
                "zh-Hans": "账单问题等待答复的时间太长。", "zh-Hant": "帳單問題等待回覆的時間太長。"},
            "did": {"en": "Two more people answer questions about bills.",
                "zh-Hans": "我们为账单咨询增加了两名人员。", "zh-Hant": "我們為帳單諮詢增加了兩名人員。"}});
        let told = self.server.desk().post("/measures").json(&measure).send();
        told.await.expect_status(201);
        me.open(&path).await;
        me.see("measures.request").await;
        self.show("request-measures").await;
        me.page.link(me.say("measures.all")).click().await;
        me.arrive("measures.title").await;
        me.see("measures.did").await;
        self.show("service").await;

        let guest = self
            .server
            .guest()
            .submit(&complaint("-", Some(GUEST)))
            .await;
        let other = guest.text_at("/request/reference");
        me.open(&format!("/requests/{other}")).await;
        me.arrive("request.not_here").await;
        self.show("request-not-here").await;
    }

    /// What was promised, kept or not, and what customers can do about it.
    async fn promises(&mut self) {
        let me = self.me.clone();
        let at = |now: &str| json!({"now": now});
        self.clock(at("2026-09-29T15:00:00+08:00")).await;
        let member = self.server.customer(MEMBER).await;
        let created = member.submit(&complaint(SUBJECT, None)).await;
        let id = created.text_at("/request/id");
        let path = format!("/requests/{}", created.text_at("/request/reference"));
        me.open(&path).await;
        me.see("promise.why").await;
        me.page
            .run(
                "for (const d of document.querySelectorAll('details')) d.open = true",
                vec![],
            )
            .await;
        me.see("promise.days_none").await;
        me.page.see(&me.words.start("promise.days_left")).await;
        self.show("request-why").await;
        let pause =
            json!({"reason": "waiting_for_third_party", "due_at": "2026-10-09T12:00:00+08:00"});
        self.promise(&id, "formal_reply/pause", pause).await;
        me.page.see(&me.words.start("promise.pause_since")).await;
        let partner = json!({"status": "pending", "waiting_on": "third_party",
            "class": "complex", "reason": "兩家銀行都有關，需要一起查證。",
            "handler": {"name": "周寧", "team": "帳務組", "third_party": "恆信銀行"}});
        self.desk(&id, "status", partner).await;
        me.page.see("恆信銀行").await;
        self.show("request-paused").await;
        me.open("/requests").await;
        me.page.field(me.say("requests.search")).wait().await;
        let text = "銀行已收到查詢，回覆後立即告知。";
        let message = json!({"body": {"format": "text", "value": text}, "public": true});
        self.desk(&id, "messages", message).await;
        me.open(&path).await;
        me.page.heading(me.say("since.title")).wait().await;
        self.show("request-since").await;
        self.desk(
            &id,
            "proposal",
            json!({"text": "退回其中一筆，另一筆抵扣下期帳單。"}),
        )
        .await;
        me.see("proposal.question").await;
        self.show("request-proposal").await;
        me.press("proposal.decline").await;
        me.page
            .by("dialog", me.say("proposal.decline_title"))
            .wait()
            .await;
        me.press("proposal.decline").await;
        me.see("proposal.decline_empty").await;
        self.show("request-decline-error").await;
        me.field("proposal.decline_comment")
            .fill("兩筆都請退回。")
            .await;
        me.press("proposal.decline").await;
        me.see("proposal.declined").await;
        self.promise(&id, "investigation/start", json!({})).await;
        self.clock(at("2026-10-20T10:00:00+08:00")).await;
        me.see("promise.no_new_date").await;
        let moved = json!({"due_at": "2026-10-24T00:00:00+08:00", "reason": "銀行需要更多時間。"});
        self.promise(&id, "investigation/move", moved).await;
        me.see("promise.missed_before").await;
        me.page
            .run(
                "for (const d of document.querySelectorAll('details')) d.open = false; scrollTo(0, 0)",
                vec![],
            )
            .await;
        self.show("request-late").await;
        me.open("/requests").await;
        me.page.see(&me.say("requests.export")).await;
        self.show("requests-late").await;
        me.page.back().await;
        me.press("escalate.action").await;
        me.field("escalate.comment").fill("逾期已久。").await;
        self.show("request-escalate-dialog").await;
        me.press("escalate.action").await;
        me.see("escalate.done").await;
        me.field("follow.email").fill("nobody").await;
        me.press("follow.add").await;
        me.see("follow.email_empty").await;
        self.show("request-follow-error").await;
        me.field("follow.email").fill("colleague@example.com").await;
        me.press("follow.add").await;
        me.see("follow.changed").await;
        self.show("request-escalated").await;
        self.desk(
            &id,
            "status",
            json!({"status": "resolved", "outcome": "not_upheld"}),
        )
        .await;
        me.see("request.solved_question").await;
        me.press("review.action").await;
        me.field("review.comment").fill("請再看一次對帳單。").await;
        me.press("review.action").await;
        me.see("review.done").await;
        self.show("request-review").await;
    }

    /// Asking to be rung about a request, and what became of it.
    async fn callbacks(&mut self) {
        let me = self.me.clone();
        // A Wednesday.
        self.clock(json!({"now": "2026-10-21T10:00:00+08:00"}))
            .await;
        let member = self.server.customer(MEMBER).await;
        let created = member.submit(&complaint(SUBJECT, None)).await;
        let path = format!("/requests/{}", created.text_at("/request/reference"));
        me.open(&path).await;
        me.page.link(me.say("callback.offer_action")).click().await;
        me.field("callback.topic").wait().await;
        self.show("callback-case").await;
        me.field("submit.phone").fill("12").await;
        me.press("callback.send").await;
        me.see("problem.title").await;
        self.show("callback-errors").await;
        me.field("submit.phone").fill("+886 2 2345 6789").await;
        me.field("callback.time")
            .set_value("2026-10-24T15:00")
            .await;
        me.press("callback.send").await;
        me.page.see(&me.words.start("callback.closed")).await;
        self.show("callback-closed").await;
        me.field("callback.time")
            .set_value("2026-10-22T10:30")
            .await;
        self.proxy.offline(true);
        me.press("callback.send").await;
        me.see("failure.network").await;
        self.show("callback-not-sent").await;
        self.proxy.offline(false);
        me.press("callback.send").await;
        me.arrive("callback.done_title").await;
        self.show("callback-sent").await;
        let wishes = self.server.desk().get("/callbacks").send().await;
        let wish = wishes.text_at("/items/0/id");
        self.clock(json!({"now": "2026-10-22T10:33:00+08:00"}))
            .await;
        let done = format!("/callbacks/{wish}/done");
        self.server
            .desk()
            .post(&done)
            .send()
            .await
            .expect_status(200);
        me.open(&path).await;
        me.page.see(&me.words.start("callback.event_done")).await;
        self.show("request-called").await;
        // A session that has ended while the request is open.
        me.page.cdp("Network.clearBrowserCookies", json!({})).await;
        let text = "我們會再與您聯絡。";
        let message = json!({"body": {"format": "text", "value": text}, "public": true});
        let id = created.text_at("/request/id");
        self.desk(&id, "messages", message).await;
        me.see("session.over").await;
        self.show("request-session-over").await;
    }

    /// What somebody sees who only follows a request.
    async fn following(&mut self) {
        let me = self.me.clone();
        let member = self.server.customer(MEMBER).await;
        let created = member.submit(&complaint(SUBJECT, None)).await;
        let id = created.text_at("/request/id");
        let follow = json!({"email": NEWCOMER});
        let follow = member
            .post(&format!("/requests/{id}/actions/follow"))
            .new_key()
            .json(&follow);
        follow.send().await.expect_status(200);
        me.sign_in(&self.server, NEWCOMER).await;
        me.open("/requests").await;
        me.see("follow.tag").await;
        self.show("requests-following").await;
        me.page.link(SUBJECT).click().await;
        me.see("follow.me_text").await;
        let question = json!({"status": "pending", "waiting_on": "customer"});
        self.desk(&id, "status", question).await;
        me.see("follow.turn_text").await;
        self.show("request-following").await;
        let reference = created.text_at("/request/reference");
        me.open(&format!("/callback/{reference}")).await;
        me.see("callback.following").await;
        self.show("callback-following").await;
        me.open("/sign-in").await;
        me.press("account.sign_out").await;
        me.arrive("home.title").await;
    }

    /// Pages for whom nothing is known about, and an incident on them.
    async fn signed_out(&mut self) {
        let me = self.me.clone();
        me.open("/callback").await;
        me.field("callback.time").wait().await;
        self.show("callback-guest").await;
        // Before the National Day.
        self.clock(json!({"now": "2026-09-21T10:00:00+08:00"}))
            .await;
        me.page.reload().await;
        me.page.see(&me.words.start("callback.holidays")).await;
        me.field("callback.time")
            .set_value("2026-10-01T10:00")
            .await;
        me.see("callback.is_holiday").await;
        self.show("callback-holiday").await;
        self.clock(json!({"now": "2026-10-22T10:33:00+08:00"}))
            .await;
        let nobodys = Reference::from_random(7);
        me.open(&format!("/callback/{nobodys}")).await;
        me.see("callback.not_here").await;
        self.show("callback-not-here").await;
        me.open(&format!("/requests/{nobodys}")).await;
        me.arrive("request.not_here").await;
        self.show("request-signed-out").await;
        let incident = json!({"kind": "incident",
            "title": {"en": "Calls do not come through", "zh-Hans": "电话暂时无法接通", "zh-Hant": "電話暫時無法接通"},
            "body": {"en": "The network of our partner is down. We expect it back by noon; write to us until then.",
                "zh-Hans": "合作伙伴的网络中断，预计中午前恢复。在此之前请在线留言。",
                "zh-Hant": "合作夥伴的網路中斷，預計中午前恢復。在此之前請於線上留言。"}});
        let told = self.server.desk().post("/announcements").json(&incident);
        let told = told.send().await.expect_status(201).text_at("/id");
        let title = incident["title"][me.words.language.tag].as_str().unwrap();
        me.open("/").await;
        me.page.link(has(&me.label(""))).wait().await;
        me.page.see(title).await;
        self.show("home-incident").await;
        me.open("/track").await;
        me.arrive("track.title").await;
        me.page.see(title).await;
        self.show("track-incident").await;
        me.open("/requests").await;
        me.see("requests.signed_out").await;
        me.page.see(title).await;
        self.show("requests-incident").await;
        let end = format!("/announcements/{told}/end");
        self.server
            .desk()
            .post(&end)
            .send()
            .await
            .expect_status(200);
    }

    /// A survey, from the link in the letter.
    async fn survey(&mut self) {
        let me = self.me.clone();
        self.clock(json!({"now": "2026-12-01T10:00:00+08:00"}))
            .await;
        let path = until("the letter that asks", || async {
            let letters = self.server.letters_to(MEMBER);
            let words = letters
                .iter()
                .flat_map(|letter| letter.text.split_whitespace());
            let mut links = words.filter_map(|word| word.find("/surveys/").map(|at| &word[at..]));
            let plain = |link: &&str| !link.contains('?') && !link.contains("unsubscribe");
            links
                .find(plain)
                .map(str::to_owned)
                .ok_or_else(|| format!("{letters:#?}"))
        })
        .await;
        me.open(&path).await;
        me.button("form.continue").wait().await;
        self.show("survey").await;
        me.press("form.continue").await;
        me.see("problem.title").await;
        self.show("survey-errors").await;
        me.page.radio("5").nth(0).click().await;
        me.page.radio("3").nth(2).click().await;
        me.press("form.continue").await;
        me.button("survey.send").wait().await;
        self.show("survey-words").await;
        me.press("survey.send").await;
        me.see("survey.sent").await;
        self.show("survey-sent").await;
        me.open("/surveys/nobody-knows-this-one").await;
        me.see("survey.no_such").await;
        self.show("survey-no-such").await;
    }

    async fn clock(&self, now: Value) {
        let set = self.server.desk().post("/clock").json(&now).send().await;
        assert!(set.status.is_success(), "{}", set.text());
    }

    async fn promise(&self, id: &str, change: &str, body: Value) {
        self.desk(id, &format!("promises/{change}"), body).await;
    }

    async fn failures(&mut self) {
        let me = self.me.clone();
        let only = |fault| Plan {
            percent: 100,
            faults: vec![fault],
            scope: vec![
                ("GET", "/portal/v1/request-types"),
                ("GET", "/portal/v1/requests"),
            ],
        };
        self.proxy.follow(only(Fault::Slow(600_000)));
        me.open("/").await;
        me.arrive("home.title").await;
        self.show("home-loading").await;
        self.proxy.follow(only(Fault::CaptivePortal));
        me.open("/").await;
        me.button("action.retry").nth(0).wait().await;
        self.show("home-failed").await;
        self.proxy.follow(Plan::calm());
        // The program cannot be had.
        me.page.cdp("Network.enable", json!({})).await;
        let block = |urls: Value| json!({"urls": urls});
        me.page
            .cdp("Network.setBlockedURLs", block(json!(["*.wasm"])))
            .await;
        me.page
            .cdp("Network.setCacheDisabled", json!({"cacheDisabled": true}))
            .await;
        me.open("/").await;
        me.page.button(crate::Name::Any).nth(0).wait().await;
        self.show("stopped").await;
    }

    async fn desk(&self, id: &str, what: &str, body: Value) {
        let path = format!("/requests/{id}/{what}");
        let reply = self.server.desk().post(&path).json(&body).send().await;
        assert!(reply.status.is_success(), "{}", reply.text());
    }
}
