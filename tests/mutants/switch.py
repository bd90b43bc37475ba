"""Writes every mutant of a list into one checkout, each behind a switch, and finds out which compile.

    python switch.py CHECKOUT OUTPUT MUTANTS.json...

A list is what `cargo mutants --list --json` prints. In the built programs the environment variable
MUTANT turns one mutant on by its number, and MUTANT_TRACE names a file that gets the number of each
mutant that was reached. OUTPUT gets the list with the number of each and, in `unviable`, why one is
left out: the compiler refuses it, or it is in a constant, which no switch can change.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

import tree_sitter
import tree_sitter_rust

PACKAGES = {"vestibule": "crates/vestibule", "vestibule-service": "."}
ROUNDS = 25
BINARY = ("binary_expression", "compound_assignment_expr")
CONSTANT = ("const_item", "static_item", "const_block", "array_type", "enum_variant", "attribute_item")

SWITCH = """
#[doc(hidden)]
#[allow(missing_docs, unreachable_pub)]
pub mod mutant_switch {
    use std::fs::File;
    use std::io::Write;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    static REACHED: [AtomicBool; 16384] = [const { AtomicBool::new(false) }; 16384];
    static SET: OnceLock<(usize, Option<File>)> = OnceLock::new();
    pub fn on(id: usize) -> bool {
        let (active, trace) = SET.get_or_init(|| {
            let active = std::env::var("MUTANT").ok().and_then(|id| id.parse().ok());
            let trace = std::env::var("MUTANT_TRACE").ok();
            let open = |path| File::options().append(true).create(true).open(path).ok();
            (active.unwrap_or(0), trace.and_then(open))
        });
        if let Some(mut file) = trace.as_ref() {
            if !REACHED[id].swap(true, Ordering::Relaxed) {
                let _ = file.write_all(format!("{id}\\n").as_bytes());
            }
        }
        *active == id
    }
}
"""

parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))


class Source:
    """A source file and its syntax tree."""

    def __init__(self, text):
        self.text = text
        self.tree = parser.parse(text)
        self.lines = text.split(b"\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def offset(self, position):
        """Returns the byte of a line and a column, which count from 1 in characters."""
        line = self.lines[position["line"] - 1].decode()
        before = line[: position["column"] - 1].encode()
        return self.starts[position["line"] - 1] + len(before)

    def site(self, mutant):
        """Returns the bytes that a mutant replaces, how, and by which text."""
        start, end = (self.offset(mutant["span"][side]) for side in ("start", "end"))
        node = self.tree.root_node.descendant_for_byte_range(start, max(start, end))
        if is_constant(node):
            raise ValueError("in a constant")
        replacement = mutant["replacement"].encode()
        genre = mutant["genre"]
        if genre == "FnValue":
            body = around(node, ("function_item",)).child_by_field_name("body")
            return body.start_byte + 1, body.end_byte - 1, "function", replacement
        if genre == "BinaryOperator":
            whole = node if node.type in BINARY else around(node.parent, BINARY)
            operator = whole.child_by_field_name("operator")
            if (operator.start_byte, operator.end_byte) != (start, end):
                raise ValueError("in a chain of let")
            return self.expression(whole, start, end, replacement)
        if genre == "UnaryOperator":
            return self.expression(around(node, ("unary_expression",)), start, end, b"")
        if genre == "StructField":
            return self.expression(around(node, ("struct_expression",)), start, end, b"")
        if genre == "MatchArmGuard":
            return start, end, "guard", replacement
        if genre == "MatchArm":
            pattern = around(node, ("match_arm",)).child_by_field_name("pattern")
            guard = pattern.child_by_field_name("condition")
            if guard is None:
                return pattern.end_byte, pattern.end_byte, "arm", b""
            return guard.start_byte, guard.end_byte, "guard", b"false"
        raise ValueError(f"of the kind {genre}")

    def expression(self, whole, start, end, replacement):
        head, tail = self.text[whole.start_byte : start], self.text[end : whole.end_byte]
        return whole.start_byte, whole.end_byte, "expression", head + b" " + replacement + b" " + tail


def around(node, types):
    while node.type not in types:
        node = node.parent
        if node is None:
            raise ValueError(f"in no {types[0]}")
    return node


def is_constant(node):
    while node.parent is not None:
        inner, node = node, node.parent
        if node.type in CONSTANT or node.type == "const_parameter":
            return True
        if node.type == "array_expression" and node.child_by_field_name("length") == inner:
            return True
        if node.type == "function_item":
            words = [one.text.split() for one in node.children if one.type == "function_modifiers"]
            return any(b"const" in one for one in words)
    return False


class Rendering:
    """A source file with the switches of its mutants."""

    def __init__(self, source, mutants):
        self.out = bytearray()
        self.ranges = []
        self.source = source
        self.sites = collections.defaultdict(list)
        for mutant in mutants:
            if mutant["unviable"] is None:
                try:
                    *site, replacement = source.site(mutant)
                    self.sites[tuple(site)].append((mutant["id"], replacement))
                except ValueError as problem:
                    mutant["unviable"] = str(problem)
        # Outer sites first.
        order = sorted(self.sites, key=lambda site: (site[0], -site[1], site[2] != "function"))
        self.inner, open_sites = {None: []}, [None]
        for site in order:
            while open_sites[-1] and not (open_sites[-1][0] <= site[0] and site[1] <= open_sites[-1][1]):
                open_sites.pop()
            self.inner.setdefault(open_sites[-1], []).append(site)
            self.inner[site] = []
            open_sites.append(site)
        self.copy(0, len(source.text), None)

    def copy(self, start, end, parent):
        for site in self.inner[parent]:
            self.out += self.source.text[start : site[0]]
            self.write(site)
            start = site[1]
        self.out += self.source.text[start:end]

    def one(self, before, mutant, text, after):
        self.out += before
        self.ranges.append((len(self.out), len(self.out) + len(text), [mutant]))
        self.out += text + after

    def write(self, site):
        start, end, kind = site
        begun, mutants = len(self.out), self.sites[site]
        switch = lambda mutant: b"crate::mutant_switch::on(%d)" % mutant
        if kind == "function":
            for mutant, text in mutants:
                self.one(b" if " + switch(mutant) + b" { return ", mutant, text, b"; } ")
            self.copy(start, end, site)
        elif kind in ("expression", "guard"):
            self.out += b"("
            for mutant, text in mutants:
                self.one(b"if " + switch(mutant) + b" { ", mutant, text, b" } else ")
            self.out += b"{ "
            self.copy(start, end, site)
            self.out += b" })"
        else:
            self.one(b" if !", mutants[0][0], switch(mutants[0][0]), b" ")
        self.ranges.append((begun, len(self.out), [mutant for mutant, _ in mutants]))


def blamed(message, renderings, mutants):
    """Returns the mutants that a message of the compiler is about."""
    for span in sorted(message["spans"], key=lambda span: not span["is_primary"]):
        while span:
            for root in PACKAGES.values():
                path = os.path.normpath(os.path.join(root, span["file_name"]))
                if path not in renderings:
                    continue
                start, end = span["byte_start"], span["byte_end"]
                ranges = renderings[path].ranges
                fitting = [one for one in ranges if one[0] <= start and end <= one[1]]
                fitting = fitting or [one for one in ranges if one[0] <= end and start <= one[1]]
                if (message["code"] or {}).get("code") == "E0004":
                    arms = {id for id, mutant in mutants.items() if mutant["genre"] == "MatchArm"}
                    near = [one for one in ranges if end <= one[0] < end + 3000]
                    fitting = [one for one in near if arms.issuperset(one[2])] or fitting
                    return {id for one in fitting for id in one[2]}
                if fitting:
                    return set(min(fitting, key=lambda one: one[1] - one[0])[2])
            span = (span.get("expansion") or {}).get("span")
    return set()


def check(checkout):
    """Returns whether the libraries compile, and the messages of the compiler."""
    command = ["cargo", "check", "--locked", "--lib", "--all-features", "--message-format=json", "--keep-going"]
    packages = [part for package in PACKAGES for part in ("-p", package)]
    done = subprocess.run(command + packages, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = map(json.loads, done.stdout.splitlines())
    messages = [line["message"] for line in lines if line["reason"] == "compiler-message"]
    return done.returncode == 0, [one for one in messages if one["level"] == "error" and one["spans"]]


def main(checkout, output, *lists):
    checkout = pathlib.Path(checkout)
    listed = [mutant for path in lists for mutant in json.loads(pathlib.Path(path).read_text())]
    mutants = {}
    for id, mutant in enumerate(listed, 1):
        mutants[id] = mutant | {"id": id, "unviable": None, "diff": None}
    files = collections.defaultdict(list)
    for mutant in mutants.values():
        files[mutant["file"]].append(mutant)
    sources = {path: Source((checkout / path).read_bytes()) for path in files}
    roots = [os.path.normpath(os.path.join(root, "src/lib.rs")) for root in PACKAGES.values()]
    for root in roots:
        with open(checkout / root, "a") as file:
            file.write(SWITCH)
    for _ in range(ROUNDS):
        renderings = {path: Rendering(sources[path], files[path]) for path in files}
        for path, rendering in renderings.items():
            (checkout / path).write_bytes(rendering.out + (SWITCH.encode() if path in roots else b""))
        is_done, messages = check(checkout)
        viable = sum(mutant["unviable"] is None for mutant in mutants.values())
        print(f"{viable} mutants, {len(messages)} errors", flush=True)
        if is_done:
            break
        found = {id: message for message in messages for id in blamed(message, renderings, mutants)}
        for id, message in found.items():
            mutants[id]["unviable"] = mutants[id]["unviable"] or message["message"]
        if not found:
            sys.exit("\n".join(message["rendered"] for message in messages))
    else:
        sys.exit("The checkout does not compile.")
    pathlib.Path(output).write_text(json.dumps(list(mutants.values())))


main(*sys.argv[1:])
