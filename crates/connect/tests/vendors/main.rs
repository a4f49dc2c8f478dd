//! The connectors to desks that cannot be installed, against fakes that another hand wrote from the makers'
//! documentation before the connectors were: what passes here keeps to the documented shapes, and was not seen at the
//! real systems. One suite for all five; what a desk cannot do, its connector has to say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod desks;
mod faults;
mod freshdesk_statuses;
mod rules;

macro_rules! every_desk {
    ($desk:ident: $($module:ident::$rule:ident),+ $(,)?) => {
        mod $desk { $(
            #[tokio::test]
            async fn $rule() {
                super::$module::$rule(super::desks::$desk().await).await
            }
        )+ }
    };
    ($($desk:ident),+; $rules:tt) => { $( every_desk!(@ $desk $rules); )+ };
    (@ $desk:ident ($($rules:tt)+)) => { every_desk!($desk: $($rules)+); };
}

every_desk!(zammad, zendesk, jira, freshdesk, open311; (
    rules::what_it_can_do_is_said,
    rules::a_request_lives_its_whole_life,
    rules::what_the_customer_writes_stays_as_it_was_written,
    rules::what_is_internal_stays_inside,
    rules::a_second_customer_sees_nothing,
    rules::a_row_of_somebody_else_is_left_out,
    rules::a_submission_is_found_again_by_its_key,
    rules::a_list_has_pages,
    rules::what_the_desk_does_not_take_is_not_lost,
    rules::a_request_is_withdrawn,
    rules::no_date_is_1970,
    rules::html_comes_through_as_html,
    rules::a_wrong_credential_is_told,
    rules::a_desk_that_is_set_up_has_nothing_wrong,
    rules::what_is_missing_is_said_in_words,
    faults::a_read_that_fails_says_how,
    faults::a_write_that_fails_makes_no_second_ticket,
    faults::a_lost_answer_makes_no_second_ticket,
    faults::a_write_without_effect_is_told,
    faults::what_a_new_ticket_lacks_goes_after_it,
    faults::a_slow_desk_is_waited_for,
    faults::totals_may_be_unknown,
));
