//! Journey 1 at the embedded desk.

use portico_tests::journeys::{Loss, complain_and_follow};
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Options, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_complains_without_network_and_follows_the_next_day_in_traditional_chinese() {
    complain_and_follow(
        &mut Server::with(Options::unlimited()).await,
        ZH_HANT,
        Loss::Offline,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_complains_into_silence_and_follows_the_next_day_in_simplified_chinese() {
    complain_and_follow(
        &mut Server::with(Options::unlimited()).await,
        ZH_HANS,
        Loss::Silence,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_whose_answer_is_lost_follows_the_next_day_in_english() {
    complain_and_follow(
        &mut Server::with(Options::unlimited()).await,
        EN,
        Loss::Answer,
    )
    .await;
}
