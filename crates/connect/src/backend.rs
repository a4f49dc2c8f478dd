//! What the gateway needs of a desk.

use crate::{
    ticket::{Change, Customer, FileId, NewReply, NewTicket, Ticket, TicketId, TicketRow},
    transport::TransportError,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

/// What a desk can do for a customer. What it cannot shows no control in the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Files with requests and replies.
    pub files: bool,
    /// Customers can write to a ticket.
    pub reply: bool,
    /// Customers can close a resolved ticket.
    pub confirm: bool,
    /// Customers can open a resolved ticket again.
    pub reopen: bool,
    /// Customers can take a ticket back.
    pub withdraw: bool,
    /// The desk can be asked for the tickets of a customer.
    pub list: bool,
    /// [`Backend::find`] works: the key of a submission is kept in the desk.
    pub find: bool,
    /// The customer is the author of what they write, not a service account.
    pub own_identity: bool,
}

/// Why a desk did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// Not there, or somebody else's.
    #[error("there is no such ticket")]
    NotFound,
    /// Our credential is not taken: 401, or a redirect to a sign-in page.
    #[error("the desk does not take our credential")]
    Credential,
    /// Our credential may not do this.
    #[error("the desk forbids it: {0}")]
    Forbidden(String),
    /// The desk refused the values, or did as if it took them and did not (seen by reading again).
    #[error("the desk did not take it: {0}")]
    Refused(String),
    /// Too many calls.
    #[error("the desk asks us to wait")]
    Busy {
        /// How long, where it says.
        retry_after: Option<Duration>,
    },
    /// It answers with what its API does not have: HTML, broken JSON, a missing member.
    #[error("the answer of the desk makes no sense: {0}")]
    Nonsense(String),
    /// 5xx.
    #[error("the desk has failed: {0}")]
    Failed(String),
    /// There is no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl DeskError {
    /// The desk is away for now, and what was asked may be asked again later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Failed(_) | Self::Transport(_) | Self::Nonsense(_) => true,
            // A credential that is not taken is an operator's mistake: mended, the same call works.
            Self::Credential => true,
            Self::NotFound | Self::Forbidden(_) | Self::Refused(_) => false,
        }
    }

    /// What it means when it comes while a write that the desk has taken is read back: the write may be done.
    #[must_use]
    pub(crate) fn after_writing(self) -> Self {
        if self.is_passing() && !self.may_be_done() {
            TransportError::Lost(self.to_string()).into()
        } else {
            self
        }
    }

    /// The desk may have done what was asked, although it did not say so.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::Transport(error) => !matches!(
                error,
                TransportError::Unreachable(_) | TransportError::Tls(_)
            ),
            Self::Failed(_) | Self::Nonsense(_) => true,
            _ => false,
        }
    }
}

/// A page of a customer's tickets, newest change first.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The tickets.
    pub rows: Vec<TicketRow>,
    /// The next page, counted from 0, where there may be one.
    pub next: Option<u32>,
}

/// What `portico doctor` says of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// Empty when all is well; else what is missing and what to do about it, in words.
    pub trouble: Option<String>,
}

/// A desk.
///
/// Every write is read back and compared: where the desk said yes and did not do it, the answer is
/// [`DeskError::Refused`]; but a ticket that was made is never refused over an answer or a file that it did not keep, which
/// would make a second one: an internal note says what is missing. Every row and every ticket is checked for its owner before it leaves the connector; what is
/// somebody else's is [`DeskError::NotFound`], in lists left out. Internal notes never leave it.
#[async_trait]
pub trait Backend: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes a ticket. Not tried again here: the gateway asks [`Backend::find`] first.
    ///
    /// # Errors
    /// See [`DeskError::may_be_done`] for those after which the ticket may be there.
    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError>;

    /// The ticket that [`NewTicket::key`] made, if it made one.
    ///
    /// # Errors
    /// When the desk cannot be asked.
    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError>;

    /// The customer's tickets; page 0 is the first.
    ///
    /// # Errors
    /// When the desk cannot be asked.
    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError>;

    /// One ticket with its conversation.
    ///
    /// # Errors
    /// `NotFound` for somebody else's too.
    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError>;

    /// Writes to a ticket as the customer. Returns the id of the message in the desk, as [`Backend::read`] gives it.
    ///
    /// # Errors
    /// As [`Backend::create`].
    async fn reply(
        &self,
        customer: &Customer,
        id: &TicketId,
        new: &NewReply,
    ) -> Result<String, DeskError>;

    /// Confirms, reopens or withdraws.
    ///
    /// # Errors
    /// `Refused` when the status is not the wanted one afterwards.
    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError>;

    /// The bytes of a file of a ticket that the customer may read.
    ///
    /// # Errors
    /// `NotFound` for a file of another ticket, or of an internal note.
    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError>;

    /// Looks at the live desk: address, credential, rights, fields, clock.
    async fn examine(&self) -> Vec<Finding>;
}
