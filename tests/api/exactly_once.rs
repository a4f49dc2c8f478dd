//! Exactly once, over a network that loses things and a server that is killed.

use portico_tests::{ordeals, seed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_submissions_equal_rows_while_the_network_loses_things_and_the_server_is_killed() {
    ordeals::submit_in_a_storm(500, seed("exactly once")).await;
}
