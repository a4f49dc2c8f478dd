//! What pages share. A component never imports a page.

pub mod layout;
