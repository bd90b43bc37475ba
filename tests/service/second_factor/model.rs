//! With a second factor set up, a stolen password is worth nothing in whatever order what is done: a thief
//! who knows every password, every used code and every ticket, the owner's ten seconds later, gets no session
//! and no token, and every sign-in of the owner has proven both factors.
//!
//! `VESTIBULE_MODEL_CASES` says how many sequences are tried on each database.

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rocket::figment::Figment;

use super::*;
use crate::passkeys::authenticator::Authenticator as Passkey;
use crate::passkeys::{add, options, request_options, send};
use crate::support::app::on_both_with;

/// The form that adds a passkey.
const PASSKEYS: &str = "/account/second-factor/passkeys";

/// A code that the thief sends: none that is valid.
#[derive(Clone, Copy, Debug)]
enum Stolen {
    None,
    Guess,
    UsedCode,
    StepBeforeLast,
    UsedRecoveryCode,
    CodeOfOther,
}

/// A step of the owner or of the thief.
#[derive(Clone, Copy, Debug)]
enum Op {
    OwnerByForm { remember: bool, recovery: bool },
    OwnerByApi { recovery: bool },
    OwnerRefreshes,
    OwnerLosesSession,
    OwnerConfirmsPage,
    OwnerConfirmsToken,
    OwnerChangesPassword,
    OwnerMakesKey,
    OwnerMakesCodes,
    OwnerSignsOut,
    OwnerAddsPasskey,
    OwnerByPasskey,
    OwnerConfirmsByPasskey,
    ThiefReplaysPasskey,
    ThiefByOtherPasskey { second_step: bool },
    ThiefByForm(Stolen),
    ThiefByApi(Stolen),
    ThiefByOldTicket(Stolen),
    ThiefByTicketAsToken,
    ThiefResetsPassword,
    ThiefSendsPasswordFormTwice,
    Wait { seconds: u64 },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let stolen = prop::sample::select(vec![
        Stolen::None,
        Stolen::Guess,
        Stolen::UsedCode,
        Stolen::StepBeforeLast,
        Stolen::UsedRecoveryCode,
        Stolen::CodeOfOther,
    ]);
    let op = prop_oneof![
        3 => (any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(remember, recovery)| Op::OwnerByForm { remember, recovery }),
        3 => prop::bool::weighted(0.2).prop_map(|recovery| Op::OwnerByApi { recovery }),
        2 => Just(Op::OwnerRefreshes),
        1 => Just(Op::OwnerLosesSession),
        1 => Just(Op::OwnerConfirmsPage),
        1 => Just(Op::OwnerConfirmsToken),
        1 => Just(Op::OwnerChangesPassword),
        1 => Just(Op::OwnerMakesKey),
        1 => Just(Op::OwnerMakesCodes),
        1 => Just(Op::OwnerSignsOut),
        2 => Just(Op::OwnerAddsPasskey),
        2 => Just(Op::OwnerByPasskey),
        1 => Just(Op::OwnerConfirmsByPasskey),
        2 => Just(Op::ThiefReplaysPasskey),
        2 => any::<bool>().prop_map(|second_step| Op::ThiefByOtherPasskey { second_step }),
        3 => stolen.clone().prop_map(Op::ThiefByForm),
        3 => stolen.clone().prop_map(Op::ThiefByApi),
        2 => stolen.prop_map(Op::ThiefByOldTicket),
        1 => Just(Op::ThiefByTicketAsToken),
        1 => Just(Op::ThiefResetsPassword),
        1 => Just(Op::ThiefSendsPasswordFormTwice),
        2 => prop::sample::select(vec![1, 29, 30, 60, 299, 300, 601, 3600, 86_400])
            .prop_map(|seconds| Op::Wait { seconds }),
    ];
    vec(op, 1..14)
}

/// The state of a sequence.
struct World<'a> {
    app: &'a TestApp,
    username: String,
    id: i64,
    password: String,
    phone: Authenticator,
    other: &'a Authenticator,
    /// The passkey of the owner, whether it was added, and its last answer.
    passkey: Passkey,
    has_passkey: bool,
    answer: Value,
    /// The passkey of the thief, to another account.
    other_passkey: &'a RefCell<Passkey>,
    /// Codes that were used.
    used_code: String,
    used_recovery: Vec<String>,
    browser: Actor<'a>,
    program: Option<Actor<'a>>,
    thief: Actor<'a>,
    ticket: String,
}

impl<'a> World<'a> {
    fn new(
        app: &'a TestApp,
        number: usize,
        (other, other_passkey): (&'a Authenticator, &'a RefCell<Passkey>),
    ) -> Self {
        let username = format!("owner{number}");
        let body = json!({ "username": username, "password": password(&username) });
        assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
        let phone = set_up(app, &username);
        Self {
            app,
            id: app.id(&username),
            password: password(&username).to_owned(),
            username,
            phone,
            other,
            passkey: Passkey::new_numbered(number),
            has_passkey: false,
            answer: json!({}),
            other_passkey,
            used_code: "000000".to_owned(),
            used_recovery: Vec::new(),
            browser: app.anonymous(),
            program: None,
            thief: app.anonymous(),
            ticket: String::new(),
        }
    }

    /// A valid code.
    fn code(&mut self, recovery: bool) -> String {
        let code = if recovery { self.phone.recovery_codes.pop() } else { None };
        code.unwrap_or_else(|| self.phone.next_code(self.app))
    }

    /// A code was accepted.
    fn used(&mut self, code: String) {
        if code.contains('-') {
            self.used_recovery.push(code);
        } else {
            self.used_code = code;
        }
    }

    fn stolen(&self, kind: Stolen) -> String {
        match kind {
            Stolen::None => String::new(),
            Stolen::Guess => "123456".to_owned(),
            Stolen::UsedCode => self.used_code.clone(),
            Stolen::StepBeforeLast => code_of(&self.phone.secret, self.app, -2),
            Stolen::UsedRecoveryCode => self.used_recovery.last().cloned().unwrap_or_default(),
            Stolen::CodeOfOther => code_of(&self.other.secret, self.app, 0),
        }
    }

    fn first_step(&self, browser: &Actor<'_>, remember: bool) {
        let mut fields = vec![("username", self.username.as_str()), ("password", &self.password)];
        if remember {
            fields.push(("remember", "on"));
        }
        let reply = browser.post_form("/login", &fields);
        assert_eq!((reply.status, reply.location()), (303, "/login/second"), "{}", reply.body);
    }

    fn ticket(&self) -> String {
        let body = json!({ "username": self.username, "password": self.password });
        let reply = self.app.anonymous().post_json("/api/login", &body);
        reply.assert_problem(401, "second_factor_required");
        text(&reply.json(), "login_token")
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::OwnerByForm { remember, recovery } => {
                self.browser = self.app.anonymous();
                self.first_step(&self.browser, remember);
                let code = self.code(recovery);
                assert_eq!(enter(&self.browser, &code).status, 303);
                assert!(is_in(&self.browser));
                self.used(code);
            }
            Op::OwnerByApi { recovery } => {
                let ticket = self.ticket();
                let code = self.code(recovery);
                let reply = second(self.app, &ticket, &code);
                assert_eq!(reply.status, 200, "{}", reply.body);
                self.ticket = ticket;
                self.used(code);
                let mut program = self.app.anonymous();
                program.token = Some(text(&reply.json(), "access_token"));
                program.refresh_token = Some(text(&reply.json(), "refresh_token"));
                self.program = Some(program);
            }
            Op::OwnerRefreshes => {
                if let Some(program) = &mut self.program {
                    program.refresh();
                }
            }
            Op::OwnerLosesSession => {
                self.browser.jar.borrow_mut().remove("session");
                self.browser.get("/dashboard");
            }
            Op::OwnerConfirmsPage => {
                let code = self.code(false);
                let fields = [("password", self.password.as_str()), ("code", &code)];
                let reply = self.browser.post_form("/reauthenticate", &fields);
                if reply.location() == "/dashboard" {
                    self.used(code);
                }
            }
            Op::OwnerConfirmsToken => {
                let code = self.code(false);
                let body = json!({ "password": self.password, "code": code });
                if let Some(program) = &mut self.program {
                    let reply = program.post_json("/api/confirm", &body);
                    if reply.status == 200 {
                        program.token = Some(text(&reply.json(), "access_token"));
                        self.used(code);
                    }
                }
            }
            Op::OwnerChangesPassword => {
                self.change_password();
            }
            Op::OwnerMakesKey => {
                if let Some(program) = &self.program {
                    program.post_json("/api/keys", &json!({ "label": "a", "scopes": [] }));
                }
            }
            Op::OwnerMakesCodes => {
                let Some(program) = &self.program else { return };
                let reply = program.post("/api/me/second-factor/recovery-codes");
                if reply.status == 201 {
                    let old = std::mem::take(&mut self.phone.recovery_codes);
                    self.used_recovery.extend(old);
                    let codes = reply.json()["recovery_codes"].as_array().cloned();
                    let codes = codes.unwrap_or_default();
                    let codes = codes.iter().filter_map(Value::as_str).map(str::to_owned);
                    self.phone.recovery_codes = codes.collect();
                }
            }
            Op::OwnerSignsOut => {
                self.browser.post("/logout");
            }
            Op::OwnerAddsPasskey => {
                let reply = request_options(&self.browser, PASSKEYS);
                if reply.status == 200 && !self.has_passkey {
                    let answer = self.passkey.create(&reply.json());
                    let added = send(&self.browser, PASSKEYS, &answer, &[("name", "Key")]);
                    assert_eq!(added.status, 303, "{}", added.body);
                    self.has_passkey = true;
                }
            }
            Op::OwnerByPasskey if self.has_passkey => {
                self.browser = self.app.anonymous();
                self.answer = self.passkey.get(&options(&self.browser, "/login/passkey"));
                send(&self.browser, "/login/passkey", &self.answer, &[]);
                assert!(is_in(&self.browser));
            }
            Op::OwnerConfirmsByPasskey if self.has_passkey && is_in(&self.browser) => {
                self.answer = self.passkey.get(&options(&self.browser, "/reauthenticate/passkey"));
                let reply = send(&self.browser, "/reauthenticate/passkey", &self.answer, &[]);
                assert_eq!(reply.status, 303, "{}", reply.body);
            }
            Op::OwnerByPasskey | Op::OwnerConfirmsByPasskey => {}
            Op::ThiefReplaysPasskey => {
                options(&self.thief, "/login/passkey");
                send(&self.thief, "/login/passkey", &self.answer, &[]);
            }
            Op::ThiefByOtherPasskey { second_step: true } => {
                self.first_step(&self.thief, false);
                let reply = self.thief.post("/login/second/passkey/options");
                if reply.status == 200 {
                    let answer = self.other_passkey.borrow_mut().get(&reply.json());
                    send(&self.thief, "/login/second/passkey", &answer, &[]);
                }
            }
            Op::ThiefByOtherPasskey { second_step: false } => {
                // Signs the thief in to the own account, in a browser with a ticket of the other.
                let browser = self.app.anonymous();
                self.first_step(&browser, false);
                let mut passkey = self.other_passkey.borrow_mut();
                let answer = passkey.get(&options(&browser, "/login/passkey"));
                send(&browser, "/login/passkey", &answer, &[]);
                assert!(!browser.get("/account").body.contains(&self.username));
            }
            Op::ThiefByForm(kind) => {
                self.first_step(&self.thief, true);
                enter(&self.thief, &self.stolen(kind));
            }
            Op::ThiefByApi(kind) => {
                self.ticket = self.ticket();
                assert_ne!(second(self.app, &self.ticket, &self.stolen(kind)).status, 200);
            }
            Op::ThiefByOldTicket(kind) => {
                // A stolen request is worth something as long as its owner may send it twice.
                self.app.clock.advance(COPY_WINDOW);
                assert_ne!(second(self.app, &self.ticket, &self.stolen(kind)).status, 200);
            }
            Op::ThiefByTicketAsToken => {
                let thief = self.thief.with_token(&self.ticket);
                assert_eq!(thief.get("/api/me").status, 401);
            }
            Op::ThiefResetsPassword => {
                let path = format!("/api/users/{}/reset-link", self.id);
                let link = text(&self.app.token("admin").post(&path).json(), "link");
                let (_, token) = link.split_once("token=").expect("a token");
                self.password = format!("stolen horse {}", self.app.count("events"));
                let body = json!({ "token": token, "new_password": self.password });
                let reply = self.thief.post_json("/api/password/reset", &body);
                assert_eq!(reply.status, 204, "{}", reply.body);
            }
            Op::ThiefSendsPasswordFormTwice => {
                // With the session cookie of the owner, whose sign-in a change has ended.
                let jar = self.browser.jar.borrow().clone();
                if !self.change_password() {
                    return;
                }
                let late = self.app.anonymous();
                late.jar.replace(jar);
                let fields = [("current_password", "x"), ("new_password", self.password.as_str())];
                late.post_form("/account/password", &fields);
                assert!(!is_in(&late));
            }
            Op::Wait { seconds } => self.app.clock.advance(Duration::from_secs(seconds)),
        }
    }

    /// Changes the password if the session of the owner is fresh; returns whether.
    fn change_password(&mut self) -> bool {
        let new = format!("battery staple {}", self.app.count("events"));
        let fields = [("current_password", self.password.as_str()), ("new_password", &new)];
        let reply = self.browser.post_form("/account/password", &fields);
        let is_changed = reply.status == 303 && reply.location() == "/account";
        if is_changed {
            self.password = new;
        }
        is_changed
    }

    fn check(&self) {
        assert!(!is_in(&self.thief), "the thief is in");
        let own = format!("sign_ins WHERE account = '{}' AND kind <> 'key'", self.id);
        let one = self.app.count(&format!("{own} AND amr NOT LIKE '%mfa%'"));
        assert_eq!(one, 0, "a sign-in without both factors");
        if let Some(program) = &self.program {
            let claims = program.get("/api/claims");
            if claims.status == 200 {
                assert_eq!(claims.json()["amr"], json!(["pwd", "otp", "mfa"]));
            }
        }
    }
}

fn cases() -> u32 {
    let wanted = std::env::var("VESTIBULE_MODEL_CASES").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(12)
}

#[test]
fn without_the_second_factor_no_order_of_steps_yields_a_session_or_a_token() {
    let many = |figment: Figment| figment.merge(("accounts.max_sign_ins", 1000));
    on_both_with(many, |app| {
        let other = set_up(&app, "user_02");
        let passkey = RefCell::new(Passkey::new_numbered(usize::MAX));
        let browser = session(&app, "user_02", &other);
        assert_eq!(add(&browser, &mut passkey.borrow_mut(), "Key").status, 303);
        let (number, config) = (std::cell::Cell::new(0), Config::with_cases(cases()));
        let config = Config { failure_persistence: None, ..config };
        let ran = TestRunner::new(config).run(&ops(), |ops| {
            number.set(number.get() + 1);
            let mut world = World::new(&app, number.get(), (&other, &passkey));
            for op in ops {
                world.run(op);
                world.check();
            }
            Ok(())
        });
        ran.unwrap_or_else(|failure| panic!("{failure}"));
    });
}
