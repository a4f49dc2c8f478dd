//! What wasm-bindgen writes between a program and the browser, in fewer bytes.
//!
//! Leptos brings classes for the streams of server functions, of which the portal has none. They are exported, so that
//! neither the linker nor wasm-opt may leave them out; the portal itself exports no class. And each name that the two
//! sides call each other by holds a hash, on either side.

use anyhow::{Context, Result};
use std::collections::BTreeMap;

/// The sections of a WebAssembly module that list its imports and exports (core specification, 5.5.5 and 5.5.10).
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;
/// The kind of an import that is a function.
const FUNCTION: u8 = 0;
/// Magic number and version, before the first section.
const PREAMBLE: usize = 8;

/// Takes the classes out of the glue and out of the program's exports what the glue no longer names; gives what is left
/// short names.
pub(crate) fn trim(glue: &str, wasm: &[u8]) -> Result<(String, Vec<u8>)> {
    let glue = without_classes(glue);
    let mut names = Names::default();
    words(&glue, |word, before, _| {
        if before.ends_with("wasm.") {
            let short = short(names.exports.len());
            names.exports.entry(word.to_owned()).or_insert(short);
        }
        None
    });
    let wasm = with_names(wasm, &mut names).context("wasm-bindgen wrote another module")?;
    let glue = words(&glue, |word, before, after| {
        if before.ends_with("wasm.") {
            names.exports.get(word)
        } else if after.starts_with(':') {
            names.imports.get(word)
        } else {
            None
        }
    });
    Ok((glue, wasm))
}

/// The short names of what has a long one.
#[derive(Default)]
struct Names {
    imports: BTreeMap<String, String>,
    exports: BTreeMap<String, String>,
}

/// The `n`-th of the names `a`, `b` ... `z`, `ba`, `bb` ...
fn short(n: usize) -> String {
    let last = char::from(b'a' + (n % 26) as u8);
    match n / 26 {
        0 => last.to_string(),
        more => short(more) + &last.to_string(),
    }
}

fn without_classes(glue: &str) -> String {
    let mut kept = String::with_capacity(glue.len());
    // Whether a line is the last of what is left out.
    let mut end: Option<fn(&str) -> bool> = None;
    for line in glue.lines() {
        if let Some(is_last) = end {
            if is_last(line) {
                end = None;
            }
        } else if line.starts_with("export class ") {
            end = Some(|line| line == "}");
        } else if line.starts_with("const ") && line.contains("Finalization = ") {
            end = Some(|line| line.ends_with(';'));
        } else if !line.starts_with("if (Symbol.dispose) ") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The script with other words where `other` has one, given the word and what stands before and after it.
fn words<'a>(
    script: &str,
    mut other: impl FnMut(&str, &str, &str) -> Option<&'a String>,
) -> String {
    let is_of_a_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(begin) = rest.find(is_of_a_word) {
        let (before, after) = rest.split_at(begin);
        out.push_str(before);
        let end = after.find(|c| !is_of_a_word(c)).unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        let other = other(word, &out, after);
        out.push_str(other.map_or(word, |other| other));
        rest = after;
    }
    out + rest
}

/// The module with the exports that have short names, under these, and with its imports under short names, which are
/// added; `None` when it is no module, or imports something else than functions.
fn with_names(wasm: &[u8], names: &mut Names) -> Option<Vec<u8>> {
    let (preamble, mut rest) = wasm.split_at_checked(PREAMBLE)?;
    let mut out = preamble.to_vec();
    while let Some((kind, mut after)) = rest.split_first() {
        let content = bytes(&mut after)?;
        rest = after;
        out.push(*kind);
        match *kind {
            IMPORTS => put_bytes(&mut out, &imports(content, names)?),
            EXPORTS => put_bytes(&mut out, &exports(content, names)?),
            _ => put_bytes(&mut out, content),
        }
    }
    Some(out)
}

fn imports(mut list: &[u8], names: &mut Names) -> Option<Vec<u8>> {
    let count = number(&mut list)?;
    let mut out = Vec::new();
    put_number(&mut out, count);
    for nth in 0..count {
        put_bytes(&mut out, bytes(&mut list)?);
        let name = str::from_utf8(bytes(&mut list)?).ok()?;
        put_bytes(&mut out, short(nth).as_bytes());
        names.imports.insert(name.to_owned(), short(nth));
        list = list.strip_prefix(&[FUNCTION])?;
        out.push(FUNCTION);
        put_number(&mut out, number(&mut list)?);
    }
    Some(out)
}

fn exports(mut list: &[u8], names: &Names) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut count = 0;
    for _ in 0..number(&mut list)? {
        let name = str::from_utf8(bytes(&mut list)?).ok()?;
        let (kind, after) = list.split_first()?;
        list = after;
        let index = number(&mut list)?;
        if let Some(short) = names.exports.get(name) {
            count += 1;
            put_bytes(&mut kept, short.as_bytes());
            kept.push(*kind);
            put_number(&mut kept, index);
        }
    }
    let mut out = Vec::new();
    put_number(&mut out, count);
    out.extend(kept);
    Some(out)
}

/// Reads an unsigned number in LEB128.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
}

/// Reads bytes that stand after their number.
fn bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = number(from)?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "export class Stream {
    free() {
        wasm.stream_free();
    }
}
if (Symbol.dispose) Stream.prototype[Symbol.dispose] = Stream.prototype.free;
function start() { return wasm.main(main, wasm.memory.main); }
const imports = {
    __wbg_get_1: function() { return get; },
    __wbg_get_12: (main) => main,
};
const StreamFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {} }
    : new FinalizationRegistry(ptr => wasm.stream_free(ptr, 1));
export { start as default };
";

    /// A module that imports and exports functions of these names; an export has the index of its place.
    fn module(imports: &[&str], exports: &[(&str, usize)]) -> Vec<u8> {
        let mut list = Vec::new();
        put_number(&mut list, imports.len());
        for name in imports {
            put_bytes(&mut list, b"./glue.js");
            put_bytes(&mut list, name.as_bytes());
            list.extend([FUNCTION, 3]);
        }
        let mut wasm = b"\0asm\x01\0\0\0\x01\0\x02".to_vec();
        put_bytes(&mut wasm, &list);
        list.clear();
        put_number(&mut list, exports.len());
        for (name, index) in exports {
            put_bytes(&mut list, name.as_bytes());
            list.push(FUNCTION);
            put_number(&mut list, *index);
        }
        wasm.push(EXPORTS);
        put_bytes(&mut wasm, &list);
        wasm
    }

    #[test]
    fn classes_go_with_what_they_alone_need_and_the_rest_has_short_names() {
        let exports = [("stream_free", 128), ("memory", 1), ("main", 300)];
        let wasm = module(&["__wbg_get_12", "__wbg_get_1"], &exports);
        let (glue, trimmed) = trim(GLUE, &wasm).expect("trimmed");
        assert_eq!(
            glue,
            "function start() { return wasm.a(main, wasm.b.main); }
const imports = {
    b: function() { return get; },
    a: (main) => main,
};
export { start as default };
"
        );
        assert_eq!(trimmed, module(&["a", "b"], &[("b", 1), ("a", 300)]));
    }

    #[test]
    fn another_module_is_refused() {
        let good = module(&["get"], &[("main", 1)]);
        let mut memory = good.clone();
        let kind = good.windows(4).position(|bytes| bytes == b"get\0");
        memory[kind.expect("an import") + 3] = 2;
        for wasm in [&good[..good.len() - 2], b"\0asm", &memory] {
            assert!(trim(GLUE, wasm).is_err(), "{wasm:?}");
        }
    }

    #[test]
    fn short_names_are_all_different() {
        let names: std::collections::BTreeSet<_> = (0..2_000).map(short).collect();
        assert_eq!(names.len(), 2_000);
        assert_eq!([0, 25, 26, 700].map(short), ["a", "z", "ba", "bay"]);
    }
}
