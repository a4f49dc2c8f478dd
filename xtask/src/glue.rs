//! What wasm-bindgen writes between a program and the browser, without what nobody calls.
//!
//! Leptos brings classes for the streams of server functions, of which the portal has none. They are exported, so that
//! neither the linker nor wasm-opt may leave them out; the portal itself exports no class.

use anyhow::{Context, Result};

/// The section of a WebAssembly module that lists its exports (core specification, 5.5.10).
const EXPORTS: u8 = 7;
/// Magic number and version, before the first section.
const PREAMBLE: usize = 8;

/// Takes the classes out of the glue, and out of the program's exports what the glue no longer names.
pub(crate) fn trim(glue: &str, wasm: &[u8]) -> Result<(String, Vec<u8>)> {
    let glue = without_classes(glue);
    let wasm = with_exports(wasm, |name| glue.contains(&format!("wasm.{name}")))
        .context("what wasm-bindgen wrote is no WebAssembly")?;
    Ok((glue, wasm))
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

/// The module with those exports alone; `None` when it is none.
fn with_exports(wasm: &[u8], wanted: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let (preamble, mut rest) = wasm.split_at_checked(PREAMBLE)?;
    let mut out = preamble.to_vec();
    while let Some((kind, after)) = rest.split_first() {
        let mut after = after;
        let length = number(&mut after)?;
        let (content, next) = after.split_at_checked(length)?;
        rest = next;
        out.push(*kind);
        let content = match *kind {
            EXPORTS => kept_exports(content, &wanted)?,
            _ => content.to_vec(),
        };
        put_number(&mut out, content.len());
        out.extend(content);
    }
    Some(out)
}

fn kept_exports(mut list: &[u8], wanted: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let mut kept: Vec<u8> = Vec::new();
    let mut count = 0;
    for _ in 0..number(&mut list)? {
        let begin = list;
        let length = number(&mut list)?;
        let (name, after) = list.split_at_checked(length)?;
        list = after.get(1..)?;
        number(&mut list)?;
        if wanted(str::from_utf8(name).ok()?) {
            count += 1;
            kept.extend(&begin[..begin.len() - list.len()]);
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

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
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
function start() { return wasm.main(); }
const StreamFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {} }
    : new FinalizationRegistry(ptr => wasm.stream_free(ptr, 1));
export { start as default };
";

    /// A module of an empty section and of exports of these functions.
    fn module(exports: &[&str]) -> Vec<u8> {
        let mut list = vec![exports.len() as u8];
        for (index, name) in exports.iter().enumerate() {
            list.push(name.len() as u8);
            list.extend(name.as_bytes());
            list.extend([0, 0x80 | index as u8, 1]);
        }
        let mut wasm = b"\0asm\x01\0\0\0\x01\0\x07".to_vec();
        put_number(&mut wasm, list.len());
        wasm.extend(list);
        wasm
    }

    #[test]
    fn classes_go_with_all_that_they_alone_need() {
        let wasm = module(&["stream_free", "main", "stream_next"]);
        let (glue, trimmed) = trim(GLUE, &wasm).expect("trimmed");
        assert_eq!(
            glue,
            "function start() { return wasm.main(); }\nexport { start as default };\n"
        );
        let mut main = module(&["main"]);
        // It is still the second function.
        let index = main.len() - 2;
        main[index] |= 1;
        assert_eq!(trimmed, main);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let cut = module(&["main"]);
        for wasm in [&cut[..cut.len() - 2], b"\0asm", b"\0asm\x01\0\0\0\x07\xff"] {
            assert!(trim(GLUE, wasm).is_err(), "{wasm:?}");
        }
    }

    #[test]
    fn long_numbers_are_read_as_they_are_written() {
        for number in [0, 1, 127, 128, 300_000] {
            let mut out = Vec::new();
            put_number(&mut out, number);
            let mut rest = out.as_slice();
            assert_eq!((super::number(&mut rest), rest.len()), (Some(number), 0));
        }
    }
}
