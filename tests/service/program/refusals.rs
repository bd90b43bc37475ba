//! Refusals in the log of the real program: what was presented, and what exactly is wrong.

use serde_json::json;

use crate::support::process::at_home;

#[test]
fn a_refusal_is_one_line_that_names_the_fault_and_no_secret() {
    at_home(|home| {
        // Outside of the debug profile a hash costs at least this much.
        let release = [("ROCKET_PROFILE", "release"), ("ROCKET_AUTH", "{password={cost=10}}")];
        let service = home.serve(&release);
        let refused = service.get("/api/me", &[("Authorization", "Bearer garbage")]);
        assert_eq!((refused.status, refused.header("x-vestibule-refused")), (401, None));
        service.stop();
        let debug = home.serve(&[]);
        let cookie = debug.form_login("user_01", "1234").expect("a cookie");
        let token = debug.api_login("user_01", "1234").expect("a token");
        let forged = format!("{}AAAA", &token[..token.len() - 4]);
        let other = [("Cookie", cookie.as_str()), ("Origin", "https://evil.example")];
        let crossed = debug.send("POST", "/logout", &other, "");
        let garbage = debug.get("/api/me", &[("Authorization", &forged)]);
        let forbidden = debug.get("/api/users", &[("Authorization", &token)]);
        let json = [("Content-Type", "application/json")];
        let in_body = debug.send("POST", "/api/refresh", &json, "{\"refresh_token\":\"a.b\"}");
        let host = debug.address.clone();
        debug.stop();
        let expected = [
            (
                crossed,
                "cross_origin",
                format!(
                    "a session cookie: Origin \"https://evil.example\", Host \"{host}\", \
                     Sec-Fetch-Site \"-\"; docs/POLICY.md, rule 5; send it from a page of this host; a \
                     proxy must pass Host on"
                ),
            ),
            (
                garbage,
                "token_invalid",
                "a token in the header: no known key made the signature; docs/POLICY.md, rule 2; \
                 sign in again"
                    .to_owned(),
            ),
            (
                forbidden,
                "forbidden",
                "a token in the header: the account has not the role Admin; use an account that may"
                    .to_owned(),
            ),
            (
                in_body,
                "token_invalid",
                "a token in the body: the token has fewer than three parts; docs/POLICY.md, rule 2; sign in again"
                    .to_owned(),
            ),
        ];
        let log = home.log();
        for (reply, code, detail) in expected {
            let id = reply.header("x-request-id").expect("an id");
            let lines: Vec<_> = log.iter().filter(|line| line["request_id"] == id).collect();
            assert_eq!(lines.len(), 2, "the refusal and the access: {lines:?}");
            let refused = lines.iter().find(|line| line["event"] == "refused").expect("a refusal");
            assert_eq!(
                (&refused["reason"], &refused["detail"], &refused["level"]),
                (&json!(code), &json!(detail), &json!("info"))
            );
            let told = reply.header("x-vestibule-refused").expect("the debug profile tells");
            assert_eq!(told, format!("{code}; {detail}"));
        }
        let text = format!("{log:?}");
        for secret in [&forged[7..], &token[7..], cookie.split_once('=').expect("a pair").1] {
            assert!(!text.contains(secret));
        }
    });
}
