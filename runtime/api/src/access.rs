//! Who may enter: everything that is not declared open needs the bearer token.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;

use crate::Api;
use crate::problem::{Answer, Problem};

const OPEN: [&str; 3] = ["/health/live", "/health/ready", "/openapi.json"];

/// A path that no route serves is let through to its 404.
pub(crate) async fn check(State(api): State<Arc<Api>>, request: Request, next: Next) -> Answer<Response> {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let open = route.is_none_or(|route| OPEN.contains(&route) || (route == "/metrics" && api.settings.metrics_open));
    if !open {
        authorize(&request, &api.token)?;
    }
    Ok(next.run(request).await)
}

fn authorize(request: &Request, token: &str) -> Answer<()> {
    let Some(given) = bearer(request) else {
        return Err(unauthorized("this needs the header `Authorization: Bearer <token>`"));
    };
    if bool::from(given.as_bytes().ct_eq(token.as_bytes())) && !token.is_empty() {
        return Ok(());
    }
    Err(unauthorized("the bearer token is not the right one"))
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(what: &str) -> Problem {
    let message = format!("{what}; the token is the content of the file `api-token` in the data folder");
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn everything_that_is_not_open_needs_the_token() {
        let house = House::new();
        let cases = [
            ("/api/v1/stations", None, 401),
            ("/api/v1/stations", Some("Bearer wrong"), 401),
            ("/api/v1/stations", Some("Bearer "), 401),
            ("/api/v1/stations", Some("Basic c2VjcmV0"), 401),
            ("/api/v1/stations", Some("Bearer a-token-for-tests-0"), 401),
            ("/api/v1/stations", Some("bearer a-token-for-tests"), 200),
            ("/api/v1/events", None, 401),
            ("/health/live", None, 200),
            ("/health/ready", None, 200),
            ("/openapi.json", None, 200),
            ("/metrics", None, 200),
            ("/nothing", None, 404),
        ];
        for (path, authorization, expect) in cases {
            let answer = house.send(Asked::get(path).authorization(authorization)).await;
            assert_eq!(answer.status, StatusCode::from_u16(expect).expect("a status"), "{path} {authorization:?}");
        }
    }

    #[tokio::test]
    async fn a_refusal_says_where_the_token_is() {
        let answer = House::new().send(Asked::get("/api/v1/tokens").authorization(None)).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"amprule\"");
        assert_eq!(answer.error("code"), "unauthorized");
        assert!(answer.error("message").contains("`api-token` in the data folder"));
    }

    #[tokio::test]
    async fn metrics_can_be_closed() {
        let house = House::with(|settings| settings.metrics_open = false);
        assert_eq!(house.send(Asked::get("/metrics").authorization(None)).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(house.send(Asked::get("/metrics")).await.status, StatusCode::OK);
    }
}
