//! Every view in a page of the company's own site: how high it is, what it looks like in any colours, and whether
//! everybody can use it.

use portico_tests::browser::Setup;
use portico_tests::framed::{self, Place};
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Language, Look, seed};

#[tokio::test(flavor = "multi_thread")]
async fn every_view_fits_at_every_width_and_settles() {
    // All pages of all forms, the other views and the survey. In steps of 20 by the long runs.
    let seen = framed::fit(330).await;
    assert!(seen > 50, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn random_themes_can_be_read_in_every_view() {
    // A thousand by the long runs.
    let corrected = framed::read_in_colour(63, seed("themes in a frame")).await;
    assert!(corrected > 50, "{corrected}");
}

/// Every view but the forms of further types, with the page around it, as axe sees them together.
async fn everybody_can_use_it(language: Language) {
    let setup = Setup {
        languages: language.asked,
        ..Setup::default()
    };
    let place = Place::with(setup, language).await;
    let views = place.views().await;
    let mut wrong = Vec::new();
    let mut seen = 0;
    for view in views {
        if view.name != "billing-complaint" && view.attributes.contains("type=") {
            continue;
        }
        let attributes = format!("locale=\"{}\" heading-level=\"2\"", language.tag);
        place.show(&view, &attributes).await;
        let inside = place.within(0).await;
        assert_eq!(inside.language().await, language.tag, "{}", view.name);
        inside.load_axe().await;
        place.out().await;
        for dark in [false, true] {
            let look = Look {
                dark,
                reduced_motion: true,
                ..Look::default()
            };
            place.page().look(look).await;
            let found = place.page().axe_findings().await;
            let at = format!("{}{}", view.name, if dark { " dark" } else { "" });
            wrong.extend(found.into_iter().map(|found| format!("{at}: {found}")));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 8, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn page_and_portal_together_are_usable_in_english() {
    everybody_can_use_it(EN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_and_portal_together_are_usable_in_traditional_chinese() {
    everybody_can_use_it(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_and_portal_together_are_usable_in_simplified_chinese() {
    everybody_can_use_it(ZH_HANS).await;
}
