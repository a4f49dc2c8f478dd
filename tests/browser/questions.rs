//! Every type of question of a survey: usable for everybody, by keyboard alone, in both directions of text; and nothing
//! that a questionnaire or an answer holds does anything but be read.

use portico_tests::host::{HostSite, SECRET, portal_at};
use portico_tests::questions::{Asked, EVERY_TYPE, walk};
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Language, Page, Window, Words, until};
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::everybody::judge;

async fn every_type_is_usable(language: Language) {
    let mut wrong = Vec::new();
    walk(language, async |state: &'static str, page: &Page| {
        judge(state, page, &mut wrong).await;
        assert_eq!(page.language().await, language.tag, "{state}");
        page.clean().await;
    })
    .await;
    assert!(wrong.is_empty(), "{}:\n{}", language.tag, wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_usable_in_english() {
    every_type_is_usable(EN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_usable_in_simplified_chinese() {
    every_type_is_usable(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_usable_in_traditional_chinese() {
    every_type_is_usable(ZH_HANT).await;
}

/// What the questionnaire asks, but for what cannot be left empty by a key alone.
const ANSWERED: [&str; 36] = [
    "rating",
    "stars",
    "faces",
    "recommend",
    "way",
    "ways",
    "branch",
    "tags",
    "again",
    "grade",
    "text",
    "email",
    "tel",
    "url",
    "number",
    "password",
    "date",
    "datetime_local",
    "month",
    "week",
    "time",
    "range",
    "comment",
    "matrix",
    "matrix_many",
    "matrix_cells",
    "visits",
    "names",
    "order",
    "people",
    "picture",
    "pictures",
    "slider",
    "span",
    "photos",
    "signature",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_answered_by_keyboard_alone_in_both_directions_of_text() {
    let asked = Asked::by(EVERY_TYPE, EN, Window::Narrow).await;
    let me = &asked.me;
    me.open(&asked.path).await;
    for page in 1..=4 {
        asked.part(page).await;
        asked.fill_by_keyboard().await;
        let direction = "document.documentElement.dir = arguments[0]";
        me.page.run(direction, vec![json!("rtl")]).await;
        me.page.no_sideways_scroll().await;
        me.page.axe().await;
        me.page.run(direction, vec![json!("ltr")]).await;
        me.page.no_sideways_scroll().await;
        me.page.press(Key::Enter).await;
    }
    me.see("survey.sent").await;
    let answers = asked.answers().await;
    let missing: Vec<&str> = ANSWERED
        .into_iter()
        .filter(|name| answers[*name].is_null())
        .collect();
    assert!(missing.is_empty(), "{missing:?} of {answers:#}");
    assert_eq!(answers["order"], json!(["mail", "phone", "site"]));
    assert_eq!(answers["photos"][0]["name"], "photo.png");
    assert_eq!(answers["signature"], "1234");
    me.page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_drawn_and_cleared() {
    let questions = json!({"elements": [
        {"type": "rating", "name": "rating"},
        {"type": "signaturepad", "name": "signature", "isRequired": true},
    ]});
    let asked = Asked::by(&questions.to_string(), EN, Window::Phone).await;
    let me = &asked.me;
    me.open(&asked.path).await;
    me.button("survey.send").wait().await;
    let place = "const r = document.querySelector('.pad').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]";
    let place = me.page.run(place, vec![]).await;
    let [x, y, width, height] = [0, 1, 2, 3].map(|n| place[n].as_f64().unwrap());
    let pen = async |kind: &str, across: f64, down: f64| {
        let event = json!({"type": kind, "x": x + across * width, "y": y + down * height, "button": "left",
            "buttons": 1, "clickCount": 1, "pointerType": "mouse"});
        me.page.cdp("Input.dispatchMouseEvent", event).await;
    };
    let draw = async || {
        pen("mousePressed", 0.1, 0.5).await;
        pen("mouseMoved", 0.5, 0.25).await;
        pen("mouseMoved", 0.9, 0.75).await;
        pen("mouseReleased", 0.9, 0.75).await;
    };
    draw().await;
    me.page.by("image", me.say("survey.signed")).wait().await;
    me.page
        .button(portico_tests::page::has(&me.say("survey.sign_clear")))
        .click()
        .await;
    me.page.by("image", me.say("survey.sign_pad")).wait().await;
    draw().await;
    me.press("survey.send").await;
    me.see("survey.sent").await;
    let signature = asked.answers().await["signature"].clone();
    let lines = signature.as_str().unwrap().split("d='").nth(1).unwrap();
    let lines = lines.split('\'').next().unwrap();
    let drawn: Vec<i32> = lines
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    let meant = [30, 60, 30, 60, 150, 30, 270, 90];
    assert!(
        drawn.len() == 8
            && drawn
                .iter()
                .zip(meant)
                .all(|(is, meant)| (is - meant).abs() < 4),
        "{signature}"
    );
    me.page.clean().await;
}

/// Every radio that is chosen.
const CHOSEN: &str = "return [...document.querySelectorAll('main input:checked')].map(e => e.labels[0].textContent.trim())";

#[tokio::test(flavor = "multi_thread")]
async fn what_few_ask_is_answered_in_the_full_program_with_all_that_the_link_holds() {
    let asks = |question: Value| {
        json!({"elements": [
            {"type": "rating", "name": "rating"},
            {"type": "panel", "name": "end", "elements": [question]},
        ]})
    };
    let words = Words::of(ZH_HANT);
    let signature = json!({"type": "signaturepad", "name": "signature", "isRequired": true});
    let asked = Asked::by(&asks(signature).to_string(), EN, Window::Phone).await;
    let page = &asked.me.page;
    let before = page.run("return history.length", vec![]).await;
    let link = format!("{}?rating=4&lang=zh-Hant", asked.path);
    asked.me.open(&link).await;
    page.button(words.say("survey.send")).wait().await;
    assert_eq!(page.programs().await, ["survey"]);
    assert_eq!(page.language().await, "zh-Hant");
    assert_eq!(page.run(CHOSEN, vec![]).await, json!(["4"]));
    // Neither the address nor the way back tells of it.
    let address = page.url().await;
    assert!(
        address.ends_with(&format!("{}?rating=4", asked.path)),
        "{address}"
    );
    let after = page.run("return history.length", vec![]).await;
    assert_eq!(after.as_u64(), before.as_u64().map(|before| before + 1));
    page.field(words.say("survey.sign_typed"))
        .fill("林怡君")
        .await;
    page.button(words.say("survey.send")).click().await;
    page.see(&words.say("survey.sent")).await;
    assert_eq!(asked.answers().await["signature"], "林怡君");
    page.clean().await;
    // What any survey asks needs no more than the light one.
    let text = json!({"type": "comment", "name": "signature"});
    let asked = Asked::by(&asks(text).to_string(), EN, Window::Phone).await;
    asked.me.open(&asked.path).await;
    asked.me.button("survey.send").wait().await;
    assert_eq!(asked.me.page.programs().await, ["light"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_is_answered_in_the_frame_of_another_site() {
    let host = HostSite::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.key");
    std::fs::write(&file, SECRET).unwrap();
    let questions = json!({"elements": [{"type": "rating", "name": "rating"}]});
    let configuration = host.configuration(&file);
    let asked = Asked::with(&questions.to_string(), EN, Window::Wide, &configuration).await;
    let token = asked.path.trim_start_matches("/surveys/");
    let tag = format!("<portico-portal view=\"survey\" token=\"{token}\"></portico-portal>");
    host.show(&portal_at(&asked.server, "help.shop"), "", &tag, "");
    let page = &asked.me.page;
    page.open(&host.origin()).await;
    let heard = async |kind: &str| {
        until(kind, || async {
            let heard = "return heard.some(([type]) => type === arguments[0])";
            match page.run(heard, vec![json!(kind)]).await {
                Value::Bool(true) => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await;
    };
    heard("ready").await;
    let frame =
        "return document.querySelector('portico-portal').shadowRoot.querySelector('iframe')";
    let frame = page.driver().execute(frame, vec![]).await.unwrap();
    frame.element().unwrap().enter_frame().await.unwrap();
    page.see(&asked.me.say("survey.send")).await;
    assert_eq!(page.programs().await, ["survey"]);
    let answer = "[...document.querySelectorAll('main input')].find(e => e.labels[0].textContent.trim() === '4').click();
        [...document.querySelectorAll('main button')].at(-1).click()";
    page.run(answer, vec![]).await;
    page.see(&asked.me.say("survey.sent")).await;
    page.driver().enter_default_frame().await.unwrap();
    heard("survey:submitted").await;
    page.clean().await;
}

/// Markup that would do something where it is not read into harmless elements.
const HOSTILE: [&str; 24] = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 2'>",
    "<svg onload='window.hacked = 3'><script>window.hacked = 3</script></svg>",
    "<svg><a xlink:href='javascript:window.hacked=4'><text y='20'>x</text></a></svg>",
    "<style>body { display: none; background: url(/hacked) }</style>",
    "<iframe srcdoc='<script>parent.hacked = 5</script>'></iframe>",
    "<iframe src='javascript:parent.hacked=5'></iframe>",
    "<a href='javascript:window.hacked=6' class='trap'>trap</a>",
    "<a href=' java\nscript:window.hacked=6' class='trap'>trap</a>",
    "<a href='data:text/html,<script>window.hacked=7</script>' class='trap'>trap</a>",
    "<a href='vbscript:x' onclick='window.hacked = 8' class='trap'>trap</a>",
    "<b onclick='window.hacked = 9' onmouseover='window.hacked = 9' style='position:fixed;inset:0'>bold</b>",
    "<form action='/hacked'><input name='x' autofocus onfocus='window.hacked = 10'><button>Go</button></form>",
    "<object data='data:text/html,<script>parent.hacked=11</script>'></object><embed src='/hacked'>",
    "<meta http-equiv='refresh' content='0;url=/hacked'><base href='https://evil.example/'><link rel='stylesheet' href='/hacked'>",
    "<math><mtext></mtext><script>window.hacked = 12</script></math>",
    "<template><script>window.hacked = 13</script></template><noscript><p title='</noscript><img src=x onerror=window.hacked=13>'>",
    "<details open ontoggle='window.hacked = 14'><summary>x</summary></details>",
    "<video src=/hacked onerror='window.hacked = 15' autoplay></video><audio src=/hacked></audio>",
    "<p id='main' class='skip' data-x='1'>named</p><h1>Title</h1>",
    "<!--><script>window.hacked = 16</script>--><![CDATA[<script>window.hacked = 16</script>]]>",
    "<scr<script>ipt>window.hacked = 17</scr</script>ipt>",
    "&lt;script&gt;window.hacked = 18&lt;/script&gt; &#60;img src=x onerror=window.hacked=18&#62;",
    "<xmp><script>window.hacked = 19</script></xmp><plaintext><b>rest",
];

/// What is on the page and must not be.
const FOUND: &str = "const main = document.querySelector('main');
    const bad = [...main.querySelectorAll('script, iframe, style, object, embed, meta, base, link, template, math, video, audio, details, .trap, img:not([src^=blob]), svg:not(.icon):not(.pad > svg)')]
      .filter(e => !e.closest('noscript'))
      .map(e => e.outerHTML.slice(0, 120));
    for (const e of document.querySelectorAll('*'))
      for (const a of e.attributes)
        if (/^on/.test(a.name) || /^\\s*(javascript|vbscript|data):/i.test(a.value)) bad.push(`${e.tagName} ${a.name}=${a.value}`);
    if (window.hacked !== undefined) bad.push(`hacked ${window.hacked}`);
    for (const e of performance.getEntriesByType('resource')) if (e.name.includes('hacked')) bad.push(e.name);
    if (!location.pathname.startsWith('/surveys/')) bad.push(location.href);
    return bad";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_a_questionnaire_or_an_answer_does_anything() {
    let all = HOSTILE.concat();
    let html: Vec<Value> = HOSTILE
        .iter()
        .enumerate()
        .map(|(n, html)| json!({"type": "html", "name": format!("html{n}"), "html": html}))
        .collect();
    let questions = json!({
        "title": all, "description": all,
        "completedHtml": format!("<p>You wrote: {{said}}, {{way}}</p>{all}"),
        "pages": [
            {"elements": html},
            {"title": all, "description": all, "elements": [
                {"type": "rating", "name": "rating", "title": all, "description": all,
                    "minRateDescription": all, "maxRateDescription": all},
                {"type": "radiogroup", "name": "way", "title": "Way", "choices": [{"value": "a", "text": all}]},
                {"type": "panel", "name": "panel", "title": all, "description": all, "elements": [
                    {"type": "text", "name": "said", "title": "Said", "placeholder": all}]},
                {"type": "image", "name": "image", "imageLink": "data:text/html,<script>window.hacked=20</script>", "altText": all},
                {"type": "image", "name": "elsewhere", "imageLink": "https://evil.example/hacked.png"},
                {"type": "html", "name": "piped", "html": "<p class='piped'>{said}</p>"},
                {"type": "text", "name": "more", "title": "{said}", "description": "{said}"},
            ]},
        ],
    });
    let asked = Asked::by(&questions.to_string(), EN, Window::Wide).await;
    let me = &asked.me;
    let harmless = async |state: &str| {
        let found = me.page.run(FOUND, vec![]).await;
        assert_eq!(found, json!([]), "{state}");
        me.page.clean().await;
    };
    me.open(&asked.path).await;
    me.button("form.continue").wait().await;
    me.page.see("bold").await;
    harmless("html").await;
    // Whatever can be pressed in it leads nowhere.
    let press = "for (const e of document.querySelectorAll('main form b, main form a')) e.click()";
    me.page.run(press, vec![]).await;
    harmless("html, pressed").await;
    me.press("form.continue").await;
    me.button("survey.send").wait().await;
    me.page
        .field("Said (optional)")
        .fill(&HOSTILE[..4].concat())
        .await;
    me.page.radio(portico_tests::Name::Any).nth(0).click().await;
    harmless("questions").await;
    me.press("survey.send").await;
    me.see("survey.sent").await;
    me.page.see("You wrote: <script>").await;
    harmless("the end").await;
    me.open(&format!("{}?plain&lang=en", asked.path)).await;
    me.page.button(portico_tests::Name::Any).nth(0).wait().await;
    harmless("the plain form").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_where_a_number_is_asked_for_stay_and_are_told() {
    let questions = json!({"title": "Numbers", "elements": [
        {"type": "rating", "name": "rating", "title": "Rating"},
        {"type": "text", "name": "visits", "inputType": "number", "title": "Visits"},
        {"type": "matrixdynamic", "name": "costs", "title": "Costs", "rowCount": 1, "columns": [
            {"name": "sum", "title": "Amount", "cellType": "text", "inputType": "number", "totalType": "sum"}]},
    ]});
    let asked = Asked::by(&questions.to_string(), EN, Window::Phone).await;
    let me = &asked.me;
    let is_told = async |question: &str| {
        let problem = me.say("survey.number");
        let wrong = [("question", question), ("problem", &problem)];
        me.page
            .see(&me.words.with("survey.at_question", &wrong))
            .await;
        // At the question itself without its name.
        let here = format!("{} {problem}", me.say("problem.prefix"));
        me.page.see(&here).await;
    };
    me.open(&asked.path).await;
    let visits = me.page.field("Visits (optional)");
    visits.fill("A-12").await;
    me.press("survey.send").await;
    is_told("Visits").await;
    assert_eq!(visits.value().await, "A-12");
    me.good().await;
    visits.fill("12").await;
    let amount = me.page.field("Amount (optional)");
    amount.fill("7 or 8").await;
    me.press("survey.send").await;
    is_told("Amount").await;
    amount.fill("7.5").await;
    let column = [("column", "Amount")];
    me.page
        .see(&me.words.with("survey.all_rows", &column))
        .await;
    me.press("survey.send").await;
    me.see("survey.sent").await;
    // The button is gone, and the focus with it unless it moves on.
    me.page.tab_to("button", me.say("survey.change")).await;
    me.page.press(Key::Enter).await;
    me.page.focus_on("heading", "Numbers").await;
}
