//! All routes, and what stands around each of them.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::{ErrorBody, Problem};
use crate::{
    Api, access, command, decision, device, events, extension, firmware, forward, holding, in_time, operation, price,
    session, site, station, token, webhook,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Amprule",
        description = "The management API of the charging runtime. Times are RFC 3339 in UTC, energy is in Wh, amounts of money \
                       are decimals as text. Lists answer `items` and `next`; every error has the shape of `ErrorBody`.",
    ),
    tags(
        (name = "stations", description = "Charging stations, and requests to them"),
        (name = "commands", description = "What stations are asked to do, and what became of it"),
        (name = "holdings", description = "What stations hold: profiles, variables, reservations, jobs, alerts and more"),
        (name = "files", description = "Firmware that stations fetch, logs that they bring"),
        (name = "devices", description = "Hardware without OCPP, and the drivers that make stations of it"),
        (name = "forwards", description = "Other backends that hear what stations say"),
        (name = "sites", description = "Stations that share what their circuits bear"),
        (name = "tokens", description = "What drivers show"),
        (name = "sessions", description = "What was charged and what it costs"),
        (name = "prices", description = "What is offered at a place, and what a session would cost"),
        (name = "extensions", description = "Loaded scripts and plugins"),
        (name = "decisions", description = "What they were asked and what they answered"),
        (name = "events", description = "What happens, as it happens"),
        (name = "operation", description = "Health, metrics, this document"),
    ),
    components(schemas(ErrorBody)),
)]
struct Frame;

/// The whole API as a service.
pub fn router(api: Arc<Api>) -> Router {
    let (routes, _) = all().split_for_parts();
    routes
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(api.clone(), in_time::limit))
        .layer(from_fn_with_state(api.clone(), access::check))
        .with_state(api)
}

/// The OpenAPI document that `/openapi.json` serves.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = all().split_for_parts();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let bearer = bearer.description(Some("The content of the file `api-token` in the data folder.")).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let paths = document.paths.paths.values_mut();
    let operations = paths.flat_map(|item| [&mut item.get, &mut item.put, &mut item.post, &mut item.delete]);
    operations.flatten().filter(|operation| operation.security.is_none()).for_each(need_token);
    document
}

fn all() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Frame::openapi())
        .routes(routes!(station::list::list_stations))
        .routes(routes!(station::get::get_station, station::put::put_station, station::delete::delete_station))
        .routes(routes!(station::call::call_station))
        .routes(routes!(station::messages::list_messages))
        .routes(routes!(command::order::order_command))
        .routes(routes!(command::list::list_commands, command::bulk::order_commands))
        .routes(routes!(holding::list::list_holdings))
        .routes(routes!(holding::list::list_alerts))
        .routes(routes!(holding::log_file::get_log_file))
        .routes(routes!(firmware::list::list_firmware))
        .routes(routes!(firmware::get::get_firmware, firmware::put::put_firmware, firmware::delete::delete_firmware))
        .routes(routes!(firmware::sign::sign_firmware))
        .routes(routes!(firmware::jobs::list_jobs))
        .routes(routes!(holding::composite::get_composite))
        .routes(routes!(holding::device_model::ask_device_model, holding::device_model::get_device_model))
        .routes(routes!(command::get::get_command, command::withdraw::withdraw_command))
        .routes(routes!(device::list::list_devices))
        .routes(routes!(device::get::get_device, device::put::put_device, device::delete::delete_device))
        .routes(routes!(device::tape::get_tape))
        .routes(routes!(forward::list::list_forwards))
        .routes(routes!(forward::list::list_forwards_of))
        .routes(routes!(site::list::list_sites))
        .routes(routes!(site::get::get_site))
        .routes(routes!(token::list::list_tokens))
        .routes(routes!(token::get::get_token, token::put::put_token, token::delete::delete_token))
        .routes(routes!(session::list::list_sessions))
        .routes(routes!(session::get::get_session))
        .routes(routes!(session::readings::list_readings))
        .routes(routes!(session::bills::list_bills))
        .routes(routes!(session::signed::list_signed))
        .routes(routes!(session::act::act_on_session))
        .routes(routes!(price::offer::get_offer))
        .routes(routes!(price::quote::quote))
        .routes(routes!(extension::list::list_extensions))
        .routes(routes!(extension::get::get_extension))
        .routes(routes!(extension::order::order_extension))
        .routes(routes!(extension::shadow::get_shadow))
        .routes(routes!(extension::chains::get_chains))
        .routes(routes!(decision::list::list_decisions))
        .routes(routes!(decision::get::get_decision))
        .routes(routes!(events::listen))
        .routes(routes!(webhook::list::list_webhooks))
        .routes(routes!(operation::health::live))
        .routes(routes!(operation::health::ready))
        .routes(routes!(operation::metrics::metrics))
        .routes(routes!(operation::quirks::list_quirks))
        .routes(routes!(operation::set_aside::list_set_aside))
        .routes(routes!(operation::openapi::openapi))
}

fn need_token(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    for (status, what) in [("401", "`unauthorized`"), ("500", "`store`"), ("503", "`timeout`")] {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        let response = ResponseBuilder::new().description(what).content("application/json", body).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

async fn no_such_path(uri: Uri) -> Problem {
    let message = format!("there is nothing at {}; /openapi.json lists every path", uri.path());
    Problem::missing("unknown-path", message)
}

async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let message = format!("{} does not serve {method}; the header Allow lists what it does", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use crate::testing::{Asked, House};

    /// Method and path of every route. A new route is added here, to `all` and to nothing else.
    const ROUTES: [&str; 59] = [
        "delete /api/v1/commands/{id}",
        "delete /api/v1/devices/{id}",
        "delete /api/v1/firmware/{name}",
        "delete /api/v1/stations/{id}",
        "delete /api/v1/tokens/{idToken}",
        "get /api/v1/alerts",
        "get /api/v1/chains",
        "get /api/v1/decisions",
        "get /api/v1/decisions/{id}",
        "get /api/v1/devices",
        "get /api/v1/devices/{id}",
        "get /api/v1/devices/{id}/tape",
        "get /api/v1/events",
        "get /api/v1/commands",
        "get /api/v1/commands/{id}",
        "get /api/v1/extensions",
        "get /api/v1/extensions/{id}",
        "get /api/v1/extensions/{id}/shadow",
        "get /api/v1/forwards",
        "get /api/v1/firmware",
        "get /api/v1/firmware-jobs",
        "get /api/v1/firmware/{name}",
        "get /api/v1/offers",
        "post /api/v1/quotes",
        "get /api/v1/quirks",
        "get /api/v1/sessions",
        "get /api/v1/sessions/{id}",
        "get /api/v1/sessions/{id}/bills",
        "get /api/v1/sessions/{id}/readings",
        "get /api/v1/sessions/{id}/signed-values",
        "get /api/v1/set-aside",
        "get /api/v1/sites",
        "get /api/v1/sites/{id}",
        "get /api/v1/stations",
        "get /api/v1/stations/{id}",
        "get /api/v1/stations/{id}/composite-schedule",
        "get /api/v1/stations/{id}/device-model",
        "get /api/v1/stations/{id}/forwards",
        "get /api/v1/stations/{id}/logs/{requestId}/file",
        "get /api/v1/stations/{id}/messages",
        "get /api/v1/stations/{id}/{holding}",
        "get /api/v1/tokens",
        "get /api/v1/tokens/{idToken}",
        "get /api/v1/webhooks",
        "get /health/live",
        "get /health/ready",
        "get /metrics",
        "get /openapi.json",
        "post /api/v1/commands",
        "post /api/v1/extensions/{id}/orders",
        "post /api/v1/sessions/{id}/acts",
        "post /api/v1/stations/{id}/calls/{action}",
        "post /api/v1/stations/{id}/commands",
        "post /api/v1/stations/{id}/device-model",
        "put /api/v1/devices/{id}",
        "put /api/v1/firmware/{name}",
        "put /api/v1/firmware/{name}/signature",
        "put /api/v1/stations/{id}",
        "put /api/v1/tokens/{idToken}",
    ];

    #[tokio::test]
    async fn the_document_names_every_route() {
        let document = House::new().get("/openapi.json").await.body;
        let paths = document["paths"].as_object().expect("paths");
        let named: BTreeSet<String> = paths
            .iter()
            .flat_map(|(path, item)| {
                item.as_object().expect("methods").keys().map(move |method| format!("{method} {path}"))
            })
            .collect();
        assert_eq!(named, ROUTES.map(str::to_owned).into());
    }

    #[tokio::test]
    async fn every_route_of_the_document_is_served_and_protected_as_it_says() {
        let house = House::new();
        let document = house.get("/openapi.json").await.body;
        for route in ROUTES {
            let (method, path) = route.split_once(' ').expect("a method and a path");
            let security = document["paths"][path][method]["security"].as_array().expect("said for each");
            let open = security.contains(&json!({}));
            let asked = Asked::new(&method.to_uppercase(), &path.replace(['{', '}'], "x")).authorization(None);
            let status = house.send(asked).await.status.as_u16();
            assert_eq!(status, if open { 200 } else { 401 }, "{route}");
        }
    }

    #[tokio::test]
    async fn every_reference_in_the_document_leads_somewhere() {
        let document = House::new().get("/openapi.json").await.body;
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
        assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    }

    #[tokio::test]
    async fn what_is_not_there_is_answered_in_the_shape_of_errors() {
        let house = House::new();
        for path in ["/", "/api/v1", "/api/v1/stations/", "/api/v2/stations"] {
            let answer = house.get(path).await;
            assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-path"), "{path}");
        }
        let answer = house.send(Asked::new("POST", "/api/v1/stations/cs-1")).await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (405, "method-not-allowed"));
        assert_eq!(answer.header("allow"), "GET,HEAD,PUT,DELETE");
    }
}
