//! The tables as diesel sees them. Times are microseconds since 1970.
#![expect(missing_docs, reason = "the macro's items have none of their own")]

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        full_name -> Nullable<Text>,
        role -> Text,
        active -> Bool,
        password_hash -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    sign_ins (id) {
        id -> Text,
        account -> BigInt,
        kind -> Text,
        created_at -> BigInt,
        auth_time -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        remembered -> Bool,
        generation -> BigInt,
        rotated_at -> Nullable<BigInt>,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
        label -> Nullable<Text>,
        scopes -> Text,
        secret_hash -> Nullable<Text>,
    }
}

diesel::table! {
    throttle (bucket) {
        bucket -> Text,
        failures -> BigInt,
        ends_at -> BigInt,
    }
}

diesel::table! {
    events (id) {
        id -> BigInt,
        at -> BigInt,
        event -> Text,
        outcome -> Text,
        account -> Nullable<BigInt>,
        username -> Nullable<Text>,
        actor_account -> Nullable<BigInt>,
        actor -> Nullable<Text>,
        sign_in -> Nullable<Text>,
        address -> Nullable<Text>,
        detail -> Nullable<Text>,
        hash -> Text,
    }
}

diesel::table! {
    event_chain (id) {
        id -> BigInt,
        head -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    setup_links (token_hash) {
        token_hash -> Text,
        expires_at -> BigInt,
    }
}

diesel::joinable!(sign_ins -> users (account));
diesel::allow_tables_to_appear_in_same_query!(setup_links, sign_ins, throttle, users);
