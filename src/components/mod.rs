//! What pages share. A component never imports a page.

pub mod attachments;
pub mod button;
pub mod contact;
pub mod copy;
pub mod dialog;
pub mod export;
pub mod field;
pub mod files;
pub mod form;
pub mod icon;
pub mod incidents;
pub mod layout;
pub mod load;
pub mod moment;
pub mod outbox;
pub mod problems;
pub mod promise;
pub mod prose;
pub mod reference;
pub mod request_list;
pub mod saved;
pub mod sign_in;
pub mod stepper;
pub mod tag;
pub mod timeline;
