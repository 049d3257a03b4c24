//! Tables: files in, rows or complaints out.

use std::collections::BTreeMap;

use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::tables::{Cell, Table};
use amprule_hooks::{Diagnostic, Manifest, Tables};

const SPOT: &str = r#"id = "spot"
version = "1"
hooks = ["pricing"]
[tables.spot]
key = "from"
columns = { from = "moment", price = "decimal" }
"#;
const CARDS: &str = r#"id = "cards"
version = "1"
hooks = ["authorization"]
[tables.cards]
key = "card"
columns = { card = "token", free = "boolean", since = "date", rate = "decimal" }
"#;

fn manifest(text: &str) -> Result<Manifest, String> {
    let declaration = Declaration { file: "plugin.toml", manifest: text, parameters: None, entry: "main.rhai" };
    parse(&declaration).map(|(manifest, _)| manifest).map_err(|found| printed(&found))
}

fn printed(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn read(declared: &str, file: &str, content: impl Into<Vec<u8>>) -> Result<Tables, String> {
    let files = BTreeMap::from([(format!("tables/{file}"), content.into())]);
    Tables::read(&manifest(declared)?.tables, &files).map_err(|found| printed(&found))
}

fn moment(text: &str) -> Cell {
    Cell::Moment(text.parse().expect("a moment"))
}

/// Its cells as one text, or what is said instead.
fn shown(table: &Table, key: &Cell, at: bool) -> String {
    match if at { table.find_at(key) } else { table.find(key) } {
        Ok(None) => "none".to_owned(),
        Ok(Some(found)) => {
            let cells = found.cells().map(|(_, cell)| cell.map_or("()".to_owned(), ToString::to_string));
            cells.collect::<Vec<_>>().join(" ")
        }
        Err(why) => why,
    }
}

#[test]
fn files_as_markets_and_spreadsheets_write_them_are_the_same_table() {
    let files = [
        ("spot.csv", "from,price\n2026-11-21T08:00:00Z,80.5\n2026-11-21T08:15:00Z,-3\n".to_owned()),
        // A mark that nobody sees, line ends of another system, the other order, a column more, quotes, blank lines.
        ("spot.csv", "\u{feff}price,zone,\"from\"\r\n-3,DE,2026-11-21T08:15:00Z\r\n\r\n80.5,\"D,E\",2026-11-21 09:00:00+01:00\r\n".to_owned()),
        // Of a country whose decimals have a comma, and the program has written points all the same.
        ("spot.csv", "from;price\n2026-11-21T08:00:00Z;80.5\n2026-11-21T08:15:00Z;-3\n".to_owned()),
        // Once more is the same.
        ("spot.csv", "from,price\n2026-11-21T08:00Z,80.50\n2026-11-21T08:00Z,80.50\n2026-11-21T08:15Z,-3.00\n".to_owned()),
        ("spot.json", r#"[{"from": "2026-11-21T08:15:00Z", "price": -3}, {"price": "80.5", "from": "2026-11-21T08:00:00Z", "x": {}}]"#.to_owned()),
    ];
    for (file, content) in files {
        let tables = read(SPOT, file, content.clone()).unwrap_or_else(|why| panic!("{content}\n{why}"));
        let table = tables.get("spot").expect("it is declared");
        assert_eq!(table.rows(), 2, "{content}");
        let eight = shown(table, &moment("2026-11-21T08:00:00Z"), false).replace("80.50", "80.5");
        assert_eq!(eight, "2026-11-21T08:00:00Z 80.5", "{content}");
        let quarter = shown(table, &moment("2026-11-21T08:29:59Z"), true).replace("-3.00", "-3");
        assert_eq!(quarter, "2026-11-21T08:15:00Z -3", "{content}");
        assert_eq!(shown(table, &moment("2026-11-21T08:01:00Z"), false), "none", "{content}");
        assert_eq!(shown(table, &moment("2026-11-21T07:59:59Z"), true), "none", "{content}");
    }
}

/// The hour that comes twice in autumn, and the one that spring does not have.
#[test]
fn days_of_twenty_three_and_twenty_five_hours_are_told_apart_by_their_offsets() {
    let autumn =
        "from,price\n2026-10-25T02:00:00+02:00,10\n2026-10-25T02:00:00+01:00,20\n2026-10-25T03:00:00+01:00,30\n";
    let tables = read(SPOT, "spot.csv", autumn).expect("three hours");
    let table = tables.get("spot").expect("it is declared");
    assert_eq!(shown(table, &moment("2026-10-25T00:30:00Z"), true), "2026-10-25T00:00:00Z 10");
    assert_eq!(shown(table, &moment("2026-10-25T01:30:00Z"), true), "2026-10-25T01:00:00Z 20");
}

#[test]
fn keys_of_texts_keep_their_zeros_and_empty_cells_are_empty() {
    let content = "card,free,since,rate\n0042,TRUE,2026-01-31,\n\" a;b \",false,,0.1\n";
    let tables = read(CARDS, "cards.csv", content).expect("two cards");
    let table = tables.get("cards").expect("it is declared");
    let text = |text: &str| Cell::Text(text.into());
    assert_eq!(shown(table, &text("0042"), false), "0042 true () 2026-01-31");
    assert_eq!(shown(table, &text("42"), false), "none");
    assert_eq!(shown(table, &text("A;B"), false), "a;b false 0.1 ()", "letters of either size");
    assert_eq!(shown(table, &text(""), false), "none");
    assert_eq!(shown(table, &moment("2026-01-01T00:00:00Z"), false), "the key card is a text, and a moment was given");
}

#[test]
fn what_is_no_such_table_is_shown_where_it_stands() {
    let spot = |rest: &str| ("spot.csv", format!("from,price\n2026-11-21T08:00:00Z,80.5\n{rest}"));
    let cases = [
        (spot("2026-11-21T08:15:00Z,80,5\n"), "the line has 3 cells and the first one 2 @ tables/spot.csv:3:1"),
        (
            spot("2026-11-21T08:15:00Z,\"80,5\"\n"),
            "price: \"80,5\" is no number; write it with a point @ tables/spot.csv:3:1",
        ),
        (spot("2026-11-21T08:15:00Z,1.234.567\n"), "is no number of at most 18 digits"),
        (spot("2026-11-21T08:15:00Z,1e3\n"), "is no number"),
        (spot("2026-11-21T08:15:00Z,N/A\n"), "price: \"N/A\" is no number"),
        (spot("2026-11-21T08:15:00Z,\u{2212}3\n"), "is no number"),
        (spot("2026-11-21T08:15:00Z,(0.10)\n"), "is no number"),
        (spot("2026-11-21T08:15:00Z,inf\n"), "is no number"),
        (spot("2026-11-21T08:15:00Z,1\u{a0}234.5\n"), "is no number"),
        (spot("2026-11-21T08:15:00Z,0.2"), "the last line has no end; the file may have been cut off"),
        (spot("from,price\n"), "is no point in time"),
        (spot("2026-11-21T08:15:00Z,80,\n"), "the line has 3 cells"),
        (("spot.csv", "2026-11-21T08:00:00Z,80.5\n".to_owned()), "there is no column \"from\""),
        (("spot.csv", "# prices\nfrom,price\n2026-11-21T08:00:00Z,80.5\n".to_owned()), "there is no column \"from\""),
        (("spot.json", "{\"today\": [], \"tomorrow\": []}".to_owned()), "a table is a list of rows"),
        (("spot.json", "[]".to_owned()), "the table has no rows"),
        (("spot.json", "[{\"from\": \"2026-11-21T08:00:00Z\", \"price\": NaN}]".to_owned()), "no JSON"),
        (spot("2026-11-21T08:15:00,80\n"), "is no point in time with its offset"),
        (spot("2026-11-21 08:15,80\n"), "is no point in time with its offset"),
        (spot("1763712900,80\n"), "is no point in time with its offset"),
        (spot("21.11.2026 08:15,80\n"), "is no point in time with its offset"),
        (spot(",80\n"), "the row has no from, which is the key @ tables/spot.csv:3:1"),
        (
            spot("2026-11-21T09:00:00+01:00,81\n"),
            "the from 2026-11-21T08:00:00Z stands there twice, first in line 2 @ tables/spot.csv:3:1",
        ),
        (("spot.csv", "from,prize\n".to_owned()), "there is no column \"price\"; did you mean \"prize\"?"),
        (("spot.csv", "from,price\n".to_owned()), "the table has no rows"),
        (
            ("spot.csv", "from,price,price\n2026-11-21T08:00:00Z,1,2\n".to_owned()),
            "the column \"price\" stands there twice",
        ),
        (spot("2026-11-21T08:15:00.0005Z,80\n"), "has parts of a millisecond"),
        (
            ("spot.json", "[{\"from\": \"2026-11-21T08:00:00Z\", \"price\": 12345678901234.5678}]".to_owned()),
            "put it in quotes",
        ),
        (("spot.json", "[{\"from\": \"\", \"price\": 1}]".to_owned()), "the row has no from, which is the key"),
        (("spot.csv", String::new()), "there is no column \"from\""),
        (("spot.csv", "<!DOCTYPE html><html>503</html>".to_owned()), "this is a web page and no table"),
        (("spot.csv", "from,price\n2026-11-21T08:00:00Z,\"80\n".to_owned()), "a quote is not closed"),
        (("spot.json", "{\"from\": 1}".to_owned()), "a table is a list of rows"),
        (("spot.json", "[{\"from\": \"2026-11-21T08:00:00Z\"}]".to_owned()), "row 1: there is no price"),
        (
            ("spot.json", "[{\"from\": \"2026-11-21T08:00:00Z\", \"price\": [1]}]".to_owned()),
            "row 1: price is not of the kind",
        ),
        (("spot.json", "[{\"from\": \"2026-11-21T08:00:00Z\", \"pri".to_owned()), "no JSON"),
        (("spt.csv", "from,price\n".to_owned()), "plugin.toml does not say what is in this table"),
        (("other.txt", String::new()), "the table spot that plugin.toml declares is not there"),
    ];
    for ((file, content), says) in cases {
        match read(SPOT, file, content.clone()) {
            Ok(_) => panic!("it was taken:\n{content}"),
            Err(why) => assert!(says.split(" @ ").all(|says| why.contains(says)), "{content}\n{why}"),
        }
    }
    for (card, says) in [
        ("7.3928E+09", "what a spreadsheet makes of a long number"),
        ("04AB\u{feff}", "has a character that nobody sees"),
        ("04\u{202e}AB", "has a character that nobody sees"),
        ("deadbeef,true,,\nDEADBEEF", "the card deadbeef stands there twice, first in line 2"),
    ] {
        let told = read(CARDS, "cards.csv", format!("card,free,since,rate\n{card},false,,\n"));
        assert!(told.as_ref().is_err_and(|why| why.contains(says)), "{card}: {told:?}");
    }
    for card in ["73928e05", "4E872096", "00123456", "E+1", "a comma, and \\"] {
        assert!(read(CARDS, "cards.csv", format!("card,free,since,rate\n\"{card}\",false,,\n")).is_ok(), "{card}");
    }
    let latin = read(SPOT, "spot.csv", b"from,price\n2026-11-21T08:00:00Z,80\n\xe4,1\n".to_vec());
    assert!(latin.is_err_and(|why| why.contains("line 3 is not UTF-8")));
    let many = (0..30).map(|_| "x,y\n").collect::<String>();
    let told = read(SPOT, "spot.csv", format!("from,price\n{many}")).expect_err("thirty lines are wrong");
    assert_eq!(told.matches("AR0014").count(), 20, "{told}");
}

/// Small on disk, and a hundred times as large when it is held whole.
#[test]
fn what_no_column_is_for_is_passed_over_and_not_held() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let more = format!("{{\"a\": {deep}, \"b\": {{\"c\": [1, 2, {{}}]}}}}");
    let row = format!("{{\"from\": \"2026-11-21T08:00:00Z\", \"more\": {more}, \"price\": 80}}");
    assert!(read(SPOT, "spot.json", format!("[{row}]")).is_ok());
    for (text, says) in [
        ("[{\"\": 0}]".to_owned(), "row 1: there is no"),
        (format!("[{}{{}}]", "{\"\":0},".repeat(10_000)), "row 1: there is no"),
        (format!("[{row}, []]"), "row 2 is no object"),
        (format!("[{row}, 7]"), "row 2 is no object"),
        (row.clone(), "a table is a list of rows"),
        ("7".to_owned(), "a table is a list of rows"),
        (format!("[{}]", row.replace("80", "[80]")), "price is not of the kind"),
        (format!("[{row}"), "no JSON: EOF"),
        (format!("[{row}] [{row}]"), "no JSON: trailing characters"),
    ] {
        let told = read(SPOT, "spot.json", text.clone()).expect_err("it is no table");
        assert!(told.contains(says), "{}\n{told}", &text[..text.len().min(200)]);
    }
    let wide = format!("from,price{}\n", ",x".repeat(40_000));
    assert!(read(SPOT, "spot.csv", wide).is_err_and(|why| why.contains("the line has more than 65536 bytes")));
}

#[test]
fn declarations_are_checked() {
    let head = "id = \"a\"\nversion = \"1\"\nhooks = [\"pricing\"]\n";
    for (declared, says) in [
        ("[tables.spot]\n", "table spot names no columns"),
        ("[tables.spot]\ncolumns = { a = \"text\" }\n", "table spot names no key"),
        ("[tables.spot]\nkey = \"b\"\ncolumns = { ab = \"text\" }\n", "there is no column \"b\""),
        ("[tables.spot]\nkey = \"a\"\ncolumns = { a = \"decimals\" }\n", "did you mean \"decimal\"?"),
        ("[tables.spot]\nkey = \"a\"\ncolumn = {}\ncolumns = { a = \"text\" }\n", "did you mean \"columns\"?"),
        ("[tables.Spot]\nkey = \"a\"\ncolumns = { a = \"text\" }\n", "\"Spot\" is no name for a table"),
        ("tables = 1\n", "tables must be a table"),
    ] {
        let told = manifest(&format!("{head}{declared}")).expect_err(declared);
        assert!(told.contains(says), "{declared}\n{told}");
    }
}

#[test]
fn a_market_s_clock_is_one_word() {
    let boundaries = |word: &str| {
        let text =
            format!("id = \"a\"\nversion = \"1\"\nhooks = [\"pricing\"]\nboundaries = [\"{word}\", \"07:30\"]\n");
        manifest(&text).map(|manifest| manifest.boundaries)
    };
    assert_eq!(boundaries("every 15 min").map(|minutes| (minutes.len(), minutes[1])), Ok((96, 15)));
    assert_eq!(boundaries("every 60 min").map(|minutes| minutes.len()), Ok(25));
    assert!(boundaries("every 5 min").is_err_and(|why| why.contains("every 15 min")));
}
