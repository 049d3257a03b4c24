//! An event stream, read event by event.

use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt;

pub(crate) struct EventText(Body);

impl EventText {
    pub(crate) fn new(response: Response) -> Self {
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body())
    }

    pub(crate) async fn event(&mut self) -> String {
        let frame = self.0.frame().await.expect("one more").expect("no error").into_data().expect("data");
        String::from_utf8(frame.into()).expect("text")
    }

    pub(crate) async fn ended(&mut self) -> bool {
        self.0.frame().await.is_none()
    }
}
