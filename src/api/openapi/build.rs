//! Joins routes, guards and operations to the document.

use std::collections::BTreeMap;

use rocket::Route;
use rocket::figment::Figment;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use vestibule::config::Config;
use vestibule::{Auth, Error, ErrorKind, Problem};

use super::operation::{Content, Operation, Parameter, reference};
use super::operations::operations;
use super::schemas;
use super::security::{alternatives, needs_csrf, schemes, takes_token};
use crate::api::issued::TokenCookies;

/// An example of each body, by the name of its schema.
const EXAMPLES: &str = include_str!("examples.json");

/// RFC 7396, which every PATCH takes too.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Builds the document of these settings.
pub(super) struct Builder<'a> {
    auth: &'a Config,
    schemas: BTreeMap<String, Value>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(auth: &'a Config) -> Self {
        Self { auth, schemas: BTreeMap::new() }
    }

    /// Returns the document of these routes, each with the path under which it is mounted.
    ///
    /// # Errors
    /// A sentence for a route without an operation, or with other parameters than it.
    pub(super) fn document(mut self, routes: &[(&str, Route)]) -> Result<Value, String> {
        let figment = Figment::from(rocket::Config::default());
        let guards = Auth::route_guards(&figment, routes.iter().map(|(_, route)| route));
        let guards = guards.ok_or("the guards of the routes cannot be found")?;
        let operations = operations(TokenCookies::of(self.auth));
        let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for ((base, route), guards) in routes.iter().zip(guards) {
            let name = format!("{} {base}{}", route.method, route.uri.path());
            let operation = operations.iter().find(|operation| operation.route == name);
            let operation = operation.ok_or_else(|| format!("{name} is not described"))?;
            let guards: Vec<_> = guards.iter().map(|guard| guard.name()).collect();
            let path = format!("{base}{}", route.uri.path()).replace('<', "{").replace('>', "}");
            let method = route.method.as_str().to_ascii_lowercase();
            let described = self.operation(route, &guards.join(" "), operation)?;
            paths.entry(path).or_default().insert(method, described);
        }
        self.add::<schemas::Problem>();
        self.add_examples()?;
        Ok(json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Account service",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Errors are `application/problem+json`; `code` is stable. \
                    The response to a request with a token or a key sets no cookie but those of tokens.",
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "paths": paths,
            "components": {
                "schemas": self.schemas,
                "securitySchemes": schemes(self.auth),
            },
        }))
    }

    fn operation(
        &mut self,
        route: &Route,
        guards: &str,
        operation: &Operation,
    ) -> Result<Value, String> {
        let mut described = json!({
            "operationId": operation.id,
            "summary": operation.sentence,
            "tags": [tag(operation.route)],
            "responses": self.responses(guards, operation),
            "security": alternatives(self.auth, guards, operation.method()),
        });
        let mut parameters = parameters(route, operation)?;
        if let Some((name, sentence)) = operation.header {
            let schema = json!({ "type": "string", "pattern": "^[!-~]{1,255}$" });
            parameters.push(json!({
                "in": "header", "name": name, "description": sentence, "schema": schema,
            }));
        }
        if !parameters.is_empty() {
            described["parameters"] = parameters.into();
        }
        if guards.contains("FreshOrKey") {
            described["description"] = "A token must be fresh; an access key need not be.".into();
        } else if guards.contains("Fresh") {
            described["description"] = "The password must have been proven recently.".into();
        }
        if let Some(content) = &operation.body {
            let mut body =
                json!({ "required": operation.requires_body, "content": self.content(content) });
            if operation.route.starts_with("PATCH ") {
                body["content"][MERGE_PATCH] = body["content"]["application/json"].clone();
            }
            described["requestBody"] = body;
        }
        Ok(described)
    }

    fn responses(&mut self, guards: &str, operation: &Operation) -> Map<String, Value> {
        let mut responses = Map::new();
        for (status, content) in &operation.responses {
            let mut response = json!({ "description": operation.sentence });
            if let Some(content) = content {
                response["content"] = self.content(content);
            }
            if operation.is_paged() {
                response["headers"] = json!({ "Link": { "schema": { "type": "string" } } });
            }
            if operation.sets_cookies && TokenCookies::of(self.auth) != TokenCookies::Never {
                response["headers"] = self.token_cookies();
            }
            responses.insert(status.to_string(), response);
        }
        let mut kinds = guard_errors(guards);
        if takes_token(guards) && needs_csrf(self.auth, operation.method()) {
            kinds.extend([ErrorKind::CsrfMissing, ErrorKind::CsrfMismatch]);
        }
        kinds.extend(&operation.errors);
        if operation.body.is_some() {
            kinds.extend([
                ErrorKind::MalformedBody,
                ErrorKind::TooLarge,
                ErrorKind::UnsupportedMediaType,
            ]);
        }
        if operation.body.is_some() || !operation.parameters.is_empty() {
            kinds.push(ErrorKind::InvalidField);
        }
        let asks_database = ["GET /health", "GET /health/ready"].contains(&operation.route);
        if operation.body.is_some() || !guards.is_empty() || asks_database {
            kinds.push(ErrorKind::Unavailable);
        }
        // In the order of the documentation, each once.
        for kind in ErrorKind::ALL.iter().filter(|kind| kinds.contains(kind)) {
            let response = responses
                .entry(kind.status().code.to_string())
                .or_insert_with(|| error_response(kind.status().code));
            response["content"]["application/problem+json"]["examples"][kind.code()] =
                json!({ "value": problem(*kind) });
        }
        responses
    }

    fn content(&mut self, content: &Content) -> Value {
        for (name, schema) in &content.schemas {
            let schema = self.schemas.entry(name.clone()).or_insert_with(|| json!(schema));
            // An unknown field of a request is an error; a response may get further ones.
            if name.ends_with("Body") {
                schema["additionalProperties"] = false.into();
            }
        }
        json!({ content.media_type: { "schema": content.schema } })
    }

    /// Returns the header by which a response sets or removes the cookies of tokens.
    fn token_cookies(&self) -> Value {
        let cookies = &self.auth.token.cookies;
        let names =
            [&cookies.access, &cookies.csrf_access, &cookies.refresh, &cookies.csrf_refresh];
        let description =
            format!("For each cookie of tokens: {}.", names.map(String::as_str).join(", "));
        json!({ "Set-Cookie": { "description": description, "schema": { "type": "string" } } })
    }

    fn add<T: ToSchema>(&mut self) {
        self.schemas.insert(T::name().into_owned(), json!(T::schema()));
    }

    fn add_examples(&mut self) -> Result<(), String> {
        let examples: BTreeMap<String, Value> =
            serde_json::from_str(EXAMPLES).map_err(|cause| cause.to_string())?;
        for (name, example) in examples {
            if let Some(schema) = self.schemas.get_mut(&name) {
                schema["example"] = example;
            }
        }
        Ok(())
    }
}

/// Returns the group of an operation.
fn tag(route: &str) -> &'static str {
    let path = route.split(' ').next_back().unwrap_or_default();
    match path.strip_prefix("/api/").and_then(|path| path.split('/').next()) {
        Some("users" | "admin" | "introspect") => "Administration",
        Some("sign-ins" | "keys") => "Sign-ins and keys",
        Some("openapi.json" | "docs" | "docs.css") | None => "Service",
        Some(_) => "Account",
    }
}

/// Returns the parameters of a route.
fn parameters(route: &Route, operation: &Operation) -> Result<Vec<Value>, String> {
    let path = route.uri.path().split('/').filter_map(|part| part.strip_prefix('<'));
    let mut parameters: Vec<_> = path
        .map(|part| {
            let schema = json!({ "type": "string" });
            let name = part.trim_end_matches('>');
            json!({ "in": "path", "name": name, "required": true, "schema": schema })
        })
        .collect();
    let fields = route.uri.query().unwrap_or_default();
    for name in fields.split('&').filter(|field| !field.is_empty()) {
        let name = name.trim_matches(['<', '>']);
        let found = operation.parameters.iter().find(|parameter| parameter.name == name);
        let Parameter { schema, sentence, .. } =
            found.ok_or_else(|| format!("{name} of {} is not described", operation.route))?;
        let parameter =
            json!({ "in": "query", "name": name, "description": sentence, "schema": schema });
        parameters.push(parameter);
    }
    let path_parameters = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
    if parameters.len() - path_parameters != operation.parameters.len() {
        return Err(format!("{} describes a parameter that it does not take", operation.route));
    }
    Ok(parameters)
}

/// Returns the errors of these guards.
fn guard_errors(guards: &str) -> Vec<ErrorKind> {
    use ErrorKind as K;
    let mut kinds = Vec::new();
    if takes_token(guards) {
        kinds.extend([K::CredentialsMissing, K::MalformedAuthorization, K::AmbiguousCredentials]);
        kinds.extend([K::TokenInvalid, K::TokenExpired, K::TokenRevoked, K::WrongTokenType]);
    }
    if guards.contains("Scoped") || guards.contains("FreshOrKey") {
        kinds.push(K::InsufficientScope);
    }
    if guards.contains("Require") || guards.contains("ClaimedRole") {
        kinds.push(K::Forbidden);
    }
    if guards.contains("Fresh") {
        kinds.push(K::FreshLoginRequired);
    }
    if ["ProvenFactor", "FreshOrKey"].iter().any(|name| guards.contains(name)) {
        kinds.push(K::SecondFactorRequired);
    }
    let checked = guards.replace("BareTokenUser", "");
    if ["TokenUser", "CurrentUser"].iter().any(|name| checked.contains(name)) {
        kinds.push(K::SecondFactorSetupRequired);
    }
    kinds
}

/// Returns the response with this status, without its examples.
fn error_response(status: u16) -> Value {
    let mut response = json!({
        "description": rocket::http::Status::new(status).reason_lossy(),
        "content": {
            "application/problem+json": { "schema": reference("Problem"), "examples": {} },
        },
    });
    let header = match status {
        401 => ("WWW-Authenticate", json!({ "type": "string" })),
        429 | 503 => ("Retry-After", json!({ "type": "integer" })),
        _ => return response,
    };
    response["headers"] = json!({ header.0: { "schema": header.1 } });
    response
}

/// Returns the body of an error.
fn problem(kind: ErrorKind) -> Value {
    let error = match kind {
        ErrorKind::InvalidField => Error::invalid_field("password", "This field is required."),
        _ => kind.into(),
    };
    json!(Problem::from(error))
}
