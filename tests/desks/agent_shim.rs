//! What `portico conform --desk` asks for, in front of a real desk: answers, notes and solutions are an agent's in the
//! desk itself; proposals are the gateway's own, since no desk has them.

use std::sync::Arc;

use crate::agents::{Agent, Desk};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use portico_connect::ticket::TicketId;
use portico_tests::{Api, Server};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

/// A running one. Ends when dropped.
pub(crate) struct Shim {
    port: u16,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Both {
    agent: Arc<dyn Agent>,
    gateway: Api,
}

impl Both {
    async fn ticket(&self, reference: &str) -> Result<TicketId, StatusCode> {
        let path = format!("/requests/{reference}");
        let request = self.gateway.get(&path).send().await;
        let id = request.json["id"].as_str().ok_or(StatusCode::NOT_FOUND)?;
        let found = self.agent.find(id).await.into_iter().next();
        found.ok_or(StatusCode::NOT_FOUND)
    }
}

impl Shim {
    /// In front of a desk and the gateway to it.
    pub(crate) async fn before(desk: &Desk, server: &Server) -> Self {
        let both = Both {
            agent: Arc::clone(&desk.agent),
            gateway: server.desk(),
        };
        let routes = Router::new()
            .route("/requests/{reference}/messages", post(message))
            .route("/requests/{reference}/status", post(status))
            .route("/requests/{reference}/proposal", post(proposal))
            .with_state(both);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { port, task }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn message(
    State(both): State<Both>,
    Path(reference): Path<String>,
    Json(body): Json<Value>,
) -> Result<StatusCode, StatusCode> {
    let ticket = both.ticket(&reference).await?;
    let words = body["body"]["value"].as_str().unwrap_or_default();
    match body["public"] == true {
        true => both.agent.answer(&ticket, words).await,
        false => both.agent.note(&ticket, words).await,
    }
    Ok(StatusCode::CREATED)
}

async fn status(
    State(both): State<Both>,
    Path(reference): Path<String>,
    Json(body): Json<Value>,
) -> Result<StatusCode, StatusCode> {
    if body["status"] != "resolved" {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    let ticket = both.ticket(&reference).await?;
    both.agent.resolve(&ticket).await;
    Ok(StatusCode::OK)
}

async fn proposal(
    State(both): State<Both>,
    Path(reference): Path<String>,
    Json(body): Json<Value>,
) -> StatusCode {
    let path = format!("/requests/{reference}/proposal");
    both.gateway.post(&path).json(&body).send().await.status
}
