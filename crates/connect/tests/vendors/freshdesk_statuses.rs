//! Freshdesk's statuses are numbers, and its ticket fields say what they are called.

use crate::desks::{alice, freshdesk};
use portico_contract::request::Status;

#[tokio::test]
async fn a_status_that_nobody_mapped_is_open_with_the_desks_word_for_customers() {
    let desk = freshdesk().await;
    let mut settings = desk.settings.clone();
    settings.as_object_mut().unwrap().remove("statuses");
    let (unmapped, mapped) = (desk.with(settings, &desk.credential), desk.backend());
    let customer = alice();
    let id = mapped.create(&customer, &desk.plain()).await.unwrap();
    let calls = || desk.fake.calls().len();
    for (number, status, label) in [
        ("8", Status::Open, Some("Taken back by you")),
        // One that Freshdesk has by itself is called as the contract calls it.
        ("3", Status::Pending, None),
    ] {
        desk.fake.set_status(&desk.key(&id), number);
        let read = unmapped.read(&customer, &id).await.unwrap();
        let listed = unmapped.list(&customer, 0).await.unwrap().rows;
        assert_eq!(listed, std::slice::from_ref(&read.row));
        let standing = read.row.standing;
        assert_eq!(
            (standing.status, standing.label.as_deref()),
            (status, label)
        );
    }
    // Who has mapped all pays no call for it.
    desk.fake.set_status(&desk.key(&id), "8");
    let before = calls();
    mapped.read(&customer, &id).await.unwrap();
    let cheap = calls() - before;
    unmapped.read(&customer, &id).await.unwrap();
    assert_eq!(calls() - before - cheap, cheap + 1);
}
