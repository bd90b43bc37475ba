use std::collections::BTreeSet;

use super::*;

fn languages() -> Languages {
    Languages::load(None).expect("the program's languages").0
}

#[test]
fn every_language_has_the_keys_and_variables_of_english() {
    let of = |files: &[File<'_>]| {
        let mut variables = Variables::default();
        let mut count = 0;
        for (name, text) in files {
            let resource = parse(name, text).expect("messages");
            count += messages::of(&resource).count();
            variables.extend(&resource);
        }
        let variables = variables.into_inner();
        assert_eq!(variables.len(), count, "a key stands twice");
        variables
    };
    let english = BUILT_IN.iter().find(|(tag, _)| *tag == ENGLISH).expect("English");
    let english = of(english.1);
    assert!(english.len() > 300);
    for (tag, files) in BUILT_IN {
        let found = of(files);
        let keys =
            |map: &std::collections::BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
                map.keys().cloned().collect()
            };
        let (own, all) = (keys(&found), keys(&english));
        assert_eq!(all.difference(&own).collect::<Vec<_>>(), Vec::<&String>::new(), "{tag} lacks");
        assert_eq!(own.difference(&all).collect::<Vec<_>>(), Vec::<&String>::new(), "{tag} has");
        for (key, variables) in &english {
            assert_eq!(&found[key], variables, "{tag}: {key}");
        }
    }
}

#[test]
fn a_translation_has_the_markup_of_the_english_text() {
    let tags = |text: &str| -> Vec<String> {
        let mut tags: Vec<String> = text
            .split('<')
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('>')?.0.to_owned()))
            .collect();
        tags.sort();
        tags
    };
    let source = |files: &[File<'_>]| -> std::collections::BTreeMap<String, Vec<String>> {
        let mut found = std::collections::BTreeMap::new();
        for (name, text) in files {
            let resource = parse(name, text).expect("messages");
            for (key, pattern) in messages::of(&resource) {
                let all: String = pattern
                    .elements
                    .iter()
                    .map(|element| match element {
                        fluent_syntax::ast::PatternElement::TextElement { value } => value,
                        fluent_syntax::ast::PatternElement::Placeable { .. } => "",
                    })
                    .collect();
                found.insert(key.to_owned(), tags(&all));
            }
        }
        found
    };
    let english = BUILT_IN.iter().find(|(tag, _)| *tag == ENGLISH).expect("English");
    let english = source(english.1);
    assert!(english.values().any(|tags| !tags.is_empty()));
    for (tag, files) in BUILT_IN {
        for (key, tags) in source(files) {
            assert_eq!(tags, english[&key], "{tag}: {key}");
        }
    }
}

#[test]
fn the_header_chooses_by_weight_and_then_by_order() {
    let languages = languages();
    let chosen = |header: &str| languages.choose(None, Some(header)).0.tag().as_str().to_owned();
    for (header, tag) in [
        ("de", "de"),
        ("DE-at", "de"),
        ("de-Latn-AT", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("de;q=0.5, fr;q=0.9", "fr"),
        ("nl, el;q=0.2, de;q=0.1", "el"),
        ("fr, de", "fr"),
        ("*", "en"),
        ("*, en;q=0", "de"),
        ("nl, *;q=0.5", "en"),
        ("de;q=0", "en"),
        ("de;q=0.000, fr;q=0.001", "fr"),
        ("de;q=2, fr", "fr"),
        ("de;q=nan, fr;q=0.1", "fr"),
        ("de;x=1, fr;q=0.1", "fr"),
        ("", "en"),
        (",,;q=1", "en"),
        ("\u{e4}\u{f6}, de", "de"),
        ("nl", "en"),
    ] {
        assert_eq!(chosen(header), tag, "{header}");
    }
    let many = format!("{}de", "xx,".repeat(100_000));
    assert_eq!(chosen(&many), "en");
}

#[test]
fn the_setting_counts_before_the_header() {
    let languages = languages();
    let chosen = |setting, header| {
        let (language, depends) = languages.choose(setting, header);
        (language.tag().as_str().to_owned(), depends)
    };
    assert_eq!(chosen(Some("fr"), Some("de")), ("fr".to_owned(), false));
    assert_eq!(chosen(None, Some("de")), ("de".to_owned(), true));
    assert_eq!(chosen(Some("gone"), Some("de")), ("de".to_owned(), true));
    assert_eq!(chosen(None, None), ("en".to_owned(), true));
}

#[test]
fn an_english_sentence_is_translated_with_what_it_says() {
    let languages = languages();
    let german = languages.find("de").expect("German");
    for english in ["There is nothing here.", "A password has at least 10 characters."] {
        assert_eq!(languages.find("en").expect("English").sentence(english), english);
        assert_ne!(german.sentence(english), english);
    }
    assert!(german.sentence("A password has at least 11 characters.").contains("11"));
    let wait = |end| format!("Too many registrations from your address. Try again in {end}");
    assert!(german.sentence(&wait("1 minute.")).contains("einer Minute"));
    assert!(german.sentence(&wait("7 minutes.")).contains("7 Minuten"));
    let far = german.sentence("A key lives from a second to 365 days.").into_owned();
    assert!(far.contains("365 Tage"), "{far}");
    let weak = "This password is easy to guess. A few unrelated words make a good one.";
    let weak = german.sentence(weak).into_owned();
    assert!(!weak.contains("easy") && !weak.contains("words"), "{weak}");
    for unknown in ["", "Something else.", "A password has at least  characters"] {
        assert_eq!(german.sentence(unknown), unknown);
    }
}

#[test]
fn a_directory_adds_languages_and_changes_texts() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write(
        "nl/pages.ftl",
        "language-name = Nederlands\nsign-in = Inloggen\nhello = Hoi { $naam }\nno = x\n",
    );
    write("de/own.ftl", "sign-in = Einloggen\n");
    let (languages, warnings) = Languages::load(Some(directory.path())).expect("languages");
    let dutch = languages.find("nl").expect("Dutch");
    assert_eq!((dutch.name(), &*dutch.text("sign-in")), ("Nederlands", "Inloggen"));
    assert_eq!(dutch.text("sign-out"), "Sign out", "English stands in");
    let german = languages.find("de").expect("German");
    assert_eq!((&*german.text("sign-in"), german.name()), ("Einloggen", "Deutsch"));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings.iter().any(|text| text.contains("hello has no variable naam")),
        "{warnings:?}"
    );
    assert!(warnings.iter().any(|text| text.contains("no text has the key no")), "{warnings:?}");
    write("nl/broken.ftl", "sign-in\n");
    let refused = Languages::load(Some(directory.path())).expect_err("no message");
    assert!(refused.contains("broken.ftl, near line 1"), "{refused}");
    write("nl/broken.ftl", "");
    write("Dutch words/a.ftl", "");
    let refused = Languages::load(Some(directory.path())).expect_err("no tag");
    assert!(refused.contains("is not named after a language"), "{refused}");
}

#[test]
fn a_text_that_a_language_lacks_is_the_english_one_with_the_plural_forms_of_english() {
    let directory = tempfile::tempdir().expect("a directory");
    for (path, text) in
        [("ru/own.ftl", "sign-in = { sign-out }!\n"), ("en/own.ftl", "sign-out = Leave\n")]
    {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let (languages, _) = Languages::load(Some(directory.path())).expect("languages");
    let find = |tag| languages.find(tag).expect("a language");
    let (russian, english) = (find("ru"), find("en"));
    for count in [1, 2, 5, 21, 22, 101] {
        let in_language =
            |language: &Language| language.format("minutes-ago", vec![("count", count.into())]);
        assert_eq!(in_language(russian), in_language(english));
        assert!(in_language(russian).contains(&count.to_string()));
    }
    assert_eq!(russian.text("sign-out"), "Leave", "the operator's English");
    assert_eq!((russian.name(), &*russian.text("sign-in")), ("ru", "Leave!"));
}

#[test]
fn values_are_not_surrounded_by_invisible_marks() {
    for language in languages().iter() {
        let text = language.format("hello", vec![("name", "ann".into())]);
        assert!(
            text.contains("ann") && text.chars().all(|c| !('\u{2066}'..='\u{2069}').contains(&c))
        );
    }
}
