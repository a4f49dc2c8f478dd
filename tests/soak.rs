//! The long seeded runs: `cargo xtask soak`. All but the comparison of times, which needs many, are done in short by
//! every test run.

use portico_tests::{framed, ordeals, seed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long"]
async fn ten_thousand_submissions_in_a_storm_are_ten_thousand_requests() {
    ordeals::submit_in_a_storm(10_000, seed("exactly once")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long"]
async fn a_browser_that_is_killed_two_hundred_times_loses_less_than_a_second_each() {
    ordeals::kill_while_typing(200, seed("killed while typing")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long"]
async fn a_browser_that_is_killed_fifty_times_after_picking_sends_bit_identical_files() {
    let seed = seed("killed after picking");
    for round in 0..5 {
        ordeals::kill_after_picking(10, seed + round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long"]
async fn a_wrong_code_takes_as_long_as_an_unknown_reference() {
    ordeals::compare_wrong_codes(2_000, seed("wrong codes")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long"]
async fn every_view_in_a_frame_fits_at_sixty_seven_widths() {
    framed::fit(20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long"]
async fn a_thousand_random_themes_can_be_read() {
    let corrected = framed::read_in_colour(1_000, seed("themes in a frame")).await;
    eprintln!("{corrected} had a colour corrected");
}
