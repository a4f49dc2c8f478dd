//! Pictures of every page and state: `cargo xtask shots`.

use std::path::PathBuf;

use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Language, Look, Page, Window, gallery, questions, root};

/// Makes files named `page-state.language.width.scheme.png` of a state, and what people print as
/// `page-state.language.pdf`.
async fn take(state: &str, language: Language, page: &Page) {
    let folder = std::env::var_os("PORTICO_SHOTS").map_or_else(|| "shots".into(), PathBuf::from);
    let folder = root().join(folder);
    for window in [Window::Wide, Window::Phone] {
        page.window(window).await;
        for (scheme, dark) in [("light", false), ("dark", true)] {
            page.look(Look {
                dark,
                reduced_motion: true,
                ..Look::default()
            })
            .await;
            let width = window.size().0;
            let name = format!("{state}.{}.{width}.{scheme}.png", language.tag);
            page.screenshot(&folder.join(name)).await;
        }
    }
    page.window(Window::Wide).await;
    page.look(Look::default()).await;
    if ["sent", "request-review", "requests-late"].contains(&state) {
        let file = folder.join(format!("{state}.{}.pdf", language.tag));
        page.print(&file).await;
    }
}

/// The states of the portal that `wanted` names.
async fn portal(language: Language, wanted: fn(&str) -> bool) {
    gallery::walk(language, async |state: &'static str, page: &Page| {
        if wanted(state) {
            take(state, language, page).await;
        }
    })
    .await;
}

/// Every type of question of a survey, and its plain form.
async fn survey(language: Language) {
    questions::walk(language, async |state: &'static str, page: &Page| {
        take(state, language, page).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes files"]
async fn pictures_of_every_page_and_state() {
    let few = |state: &str| ["home-guest", "check", "sent", "request-resolved"].contains(&state);
    tokio::join!(
        portal(ZH_HANT, |_| true),
        portal(EN, |_| true),
        portal(ZH_HANS, few)
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes files"]
async fn pictures_of_every_question() {
    tokio::join!(survey(ZH_HANT), survey(EN));
}
