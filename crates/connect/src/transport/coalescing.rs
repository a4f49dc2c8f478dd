//! The limits of vendors count per account, and several customers' screens ask the same at the same time.

use super::{Call, Reply, Transport, TransportError};
use async_trait::async_trait;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use http::Method;
use std::sync::{Arc, Mutex, PoisonError};

type Answer = BoxFuture<'static, Result<Reply, TransportError>>;

/// Identical reads that are under way at the same time become one. Nothing is kept after its answer, and no read that
/// began before the end of a write answers one that began after it: what is read back is what the write left.
pub struct Coalescing {
    inner: Arc<dyn Transport>,
    under_way: Mutex<Vec<(Call, WeakShared<Answer>)>>,
}

impl Coalescing {
    /// In front of another transport.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self {
            inner,
            under_way: Mutex::default(),
        }
    }

    fn reading(&self, call: Call) -> Shared<Answer> {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|(_, answer)| answer.upgrade().is_some());
        let same = |other: &Call| {
            // The headers hold for whom it is.
            other.url == call.url && other.headers == call.headers && other.limit == call.limit
        };
        let known = under_way.iter().find(|(other, _)| same(other));
        if let Some(answer) = known.and_then(|(_, answer)| answer.upgrade()) {
            return answer;
        }
        let (inner, sent) = (Arc::clone(&self.inner), call.clone());
        let answer = async move { inner.send(sent).await }.boxed().shared();
        under_way.extend(answer.downgrade().map(|weak| (call, weak)));
        answer
    }
}

#[async_trait]
impl Transport for Coalescing {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        if call.method == Method::GET && call.body.is_empty() {
            return self.reading(call).await;
        }
        let answer = self.inner.send(call).await;
        // Also when the answer is lost: the write may have been done.
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    /// Answers with the number of the call, once it is let.
    struct Counting {
        calls: AtomicUsize,
        let_through: Semaphore,
    }

    #[async_trait]
    impl Transport for Counting {
        async fn send(&self, call: Call) -> Result<Reply, TransportError> {
            let number = self.calls.fetch_add(1, Ordering::SeqCst);
            if call.method == Method::GET {
                self.let_through.acquire().await.unwrap().forget();
            }
            Ok(Reply {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body: Bytes::from(number.to_string()),
            })
        }
    }

    fn desk() -> (Arc<Counting>, Arc<Coalescing>) {
        let inner = Arc::new(Counting {
            calls: AtomicUsize::new(0),
            let_through: Semaphore::new(0),
        });
        let outer = Arc::new(Coalescing::new(inner.clone()));
        (inner, outer)
    }

    fn call(method: Method, path: &str, who: &'static str) -> Call {
        Call {
            method,
            url: format!("http://desk.test/{path}").parse().unwrap(),
            headers: HeaderMap::from_iter([(
                http::header::AUTHORIZATION,
                HeaderValue::from_static(who),
            )]),
            body: Bytes::new(),
            limit: 10,
        }
    }

    /// Starts it and lets it come as far as it comes.
    async fn start(
        transport: &Arc<Coalescing>,
        call: Call,
    ) -> tokio::task::JoinHandle<Result<Reply, TransportError>> {
        let transport = transport.clone();
        let task = tokio::spawn(async move { transport.send(call).await });
        tokio::task::yield_now().await;
        task
    }

    #[tokio::test]
    async fn identical_reads_are_one_and_others_are_not() {
        let (inner, outer) = desk();
        let mut tasks = Vec::new();
        for (path, who) in [("a", "x"), ("a", "x"), ("a", "x"), ("b", "x"), ("a", "y")] {
            tasks.push(start(&outer, call(Method::GET, path, who)).await);
        }
        assert_eq!(inner.calls.load(Ordering::SeqCst), 3);
        inner.let_through.add_permits(3);
        let mut bodies = Vec::new();
        for task in tasks {
            bodies.push(task.await.unwrap().unwrap().body);
        }
        assert_eq!(bodies, ["0", "0", "0", "1", "2"]);
        // Nothing is kept.
        inner.let_through.add_permits(1);
        let again = outer.send(call(Method::GET, "a", "x")).await.unwrap();
        assert_eq!(again.body, "3");
    }

    #[tokio::test]
    async fn a_read_after_a_write_is_not_answered_from_before_it() {
        let (inner, outer) = desk();
        let before = start(&outer, call(Method::GET, "a", "x")).await;
        outer.send(call(Method::PUT, "a", "x")).await.unwrap();
        let after = start(&outer, call(Method::GET, "a", "x")).await;
        inner.let_through.add_permits(2);
        assert_eq!(before.await.unwrap().unwrap().body, "0");
        assert_eq!(after.await.unwrap().unwrap().body, "2");
    }

    #[tokio::test]
    async fn who_gives_up_takes_nobody_along() {
        let (inner, outer) = desk();
        let first = start(&outer, call(Method::GET, "a", "x")).await;
        let second = start(&outer, call(Method::GET, "a", "x")).await;
        first.abort();
        inner.let_through.add_permits(1);
        assert_eq!(second.await.unwrap().unwrap().body, "0");
        // Nor does a read that everybody gave up stay in the way of the next.
        let third = start(&outer, call(Method::GET, "a", "x")).await;
        third.abort();
        assert!(third.await.unwrap_err().is_cancelled());
        inner.let_through.add_permits(1);
        let fourth = outer.send(call(Method::GET, "a", "x")).await.unwrap();
        assert_eq!(fourth.body, "2");
    }
}
