//! The connectors against the real systems: a Request Tracker, a Redmine and a django-helpdesk that `cargo xtask desks`
//! has installed and filled. `cargo xtask test --desks` runs them; where a system is not there, its tests say so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod agent_shim;
mod agents;
mod conform;
mod contract;
mod journeys;
mod rules;
mod storm;

use agents::{Desk, django_helpdesk, redmine, request_tracker};
use std::future::Future;

/// Runs a rule against a desk, if it is there.
async fn against<F, Fut>(desk: Option<Desk>, rule: F)
where
    F: FnOnce(Desk) -> Fut,
    Fut: Future<Output = ()>,
{
    match desk {
        Some(desk) => rule(desk).await,
        None => eprintln!("SKIPPED: this desk is not there; `cargo xtask test --desks` says why"),
    }
}

macro_rules! every_desk {
    ($($part:ident::$rule:ident),+ $(,)?) => {
        mod request_tracker_5 { $(
            #[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs a real desk"]
            async fn $rule() { super::against(super::request_tracker(), super::$part::$rule).await }
        )+ }
        mod redmine_5 { $(
            #[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs a real desk"]
            async fn $rule() { super::against(super::redmine(), super::$part::$rule).await }
        )+ }
        mod django_helpdesk_2 { $(
            #[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs a real desk"]
            async fn $rule() { super::against(super::django_helpdesk(), super::$part::$rule).await }
        )+ }
    };
}

#[tokio::test]
#[ignore = "needs a real desk"]
async fn request_tracker_5_takes_a_customers_reply_by_mail() {
    against(
        request_tracker(),
        rules::a_reply_by_mail_is_the_customers_own,
    )
    .await;
}

every_desk!(
    rules::a_request_lives_its_whole_life,
    rules::what_the_customer_writes_stays_as_it_was_written,
    rules::what_is_internal_stays_inside,
    rules::a_second_customer_sees_nothing,
    rules::a_submission_is_found_again_by_its_key,
    rules::a_lost_answer_makes_no_second_ticket,
    rules::what_the_desk_does_not_take_is_not_lost,
    rules::a_request_is_withdrawn,
    rules::a_wrong_credential_is_told,
    rules::a_desk_that_is_set_up_has_nothing_wrong,
    rules::what_is_missing_is_said_in_words,
    contract::a_request_lives_its_whole_life_through_the_contract,
    conform::every_rule_of_the_contract_is_kept_or_not_offered,
    storm::every_submission_is_at_the_desk_once,
);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real desk"]
async fn journey_1_over_request_tracker_5() {
    against(
        request_tracker(),
        journeys::a_guest_complains_without_network_and_follows_the_next_day,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real desk"]
async fn journey_2_over_request_tracker_5() {
    against(
        request_tracker(),
        journeys::a_customer_talks_decides_confirms_and_rates,
    )
    .await;
}
