//! A generated organisation: names of donors as registries have them, and tables of what they gave.

use std::{
    fs::File,
    io::{BufWriter, Write},
    ops::Range,
    path::Path,
};

const SYLLABLES: [&str; 40] = [
    "ba", "den", "fo", "gar", "hil", "jo", "ka", "lin", "mo", "nar", "pe", "qui", "ros", "sal", "ti", "und",
    "ver", "wa", "xa", "yor", "zen", "cho", "dri", "el", "fre", "gun", "har", "ist", "kro", "lu", "mar",
    "nor", "oss", "pra", "rei", "sto", "tha", "ul", "vi", "bru",
];
const ENDINGS: [&str; 8] = ["", "n", "r", "ski", "ez", "sen", "ia", "berg"];
const MINISTRIES: [&str; 8] = [
    "Foreign Affairs",
    "Finance",
    "the Interior",
    "Defence",
    "Health",
    "Education",
    "Economic Cooperation",
    "the Environment",
];
const MINISTERES: [&str; 4] =
    ["des Affaires étrangères", "de l’Intérieur", "de la Coopération", "de la Solidarité"];
const CITIES: [&str; 3] = ["Municipality of", "Ville de", "Ayuntamiento de"];
const CAUSES: [&str; 4] = ["la Educación", "la Protección", "los Niños", "el Desarrollo"];
/// A country that few records name.
pub(super) const RARE_COUNTRY: &str = "NOR";

/// A number that looks drawn at random and is the same every time (splitmix64).
pub(super) fn drawn(number: u64, what: u64) -> u64 {
    let mut z = (number ^ (what << 48)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<T: Copy>(of: &[T], number: u64) -> T {
    of[usize::try_from(number % of.len() as u64).unwrap()]
}

/// The proper name of this number; a fifth of them have accents.
fn proper(number: u64) -> String {
    let (first, second, third) = (number % 40, (number / 40) % 40, number / 1600);
    let mut name = format!("{}{}", pick(&SYLLABLES, first * 7), pick(&SYLLABLES, second * 11 + first));
    if third > 0 {
        name.push_str(pick(&SYLLABLES, third * 13 + second));
    }
    name.push_str(pick(&ENDINGS, drawn(number, 1)));
    let name = if drawn(number, 2).is_multiple_of(5) {
        name.replacen('e', "é", 1).replacen('o', "ö", 1)
    } else {
        name
    };
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A donor's name and type: a place (one of 3,000) or persons (of 12,000), and what kind of body it is.
pub(super) fn donor(number: u64) -> (String, &'static str) {
    let (kind, own) = (number % 10, number / 10);
    let (place, again) = (proper(own % 3000), own / 3000);
    let (one, other) = (proper(3000 + own % 12_000), proper(3000 + drawn(number, 3) % 12_000));
    match kind {
        0 => (format!("{place}, Ministry of {}", pick(&MINISTRIES, again + own)), "government"),
        1 => (format!("Ministère {}, {place}", pick(&MINISTERES, again + own)), "government"),
        2 => (format!("{} {place}", pick(&CITIES, again + own)), "government"),
        3 => (format!("{one} {other} Foundation"), "private_sector"),
        4 => (format!("Fondation {one} {other}"), "private_sector"),
        5 => (format!("{one} & {other} GmbH"), "private_sector"),
        6 => (format!("Fundación {one} para {}", pick(&CAUSES, again + own)), "civil_society"),
        7 => (format!("{place} {other} Solidarity Network"), "civil_society"),
        8 => (format!("{one} Holdings {place}"), "private_sector"),
        _ => (format!("{place} {other} Development Bank"), "intergovernmental"),
    }
}

/// Who gave this row: the first rows name every donor once, the rest a few donors often and most of them now and then.
fn giver(row: u64, first: u64, donors: u64) -> u64 {
    if row - first < donors {
        return row - first;
    }
    let drawn = drawn(row, 4) % 1_000_000;
    // The cube of an even number: the largest donor gives some two percent of all records.
    donors * (drawn * drawn / 1_000_000) / 1_000_000 * drawn / 1_000_000
}

/// A table of the rows `part` of an import that begins with the row `first`.
pub(super) fn write(file: &Path, part: Range<u64>, first: u64, donors: u64) {
    let countries = kernel::country::all();
    let mut out = BufWriter::new(File::create(file).unwrap());
    writeln!(
        out,
        "external_ref,donor,donor_type,status,amount,currency,decision_date,usage_years,countries,earmarking,description"
    )
    .unwrap();
    for row in part {
        let (name, kind) = donor(giver(row, first, donors));
        let year = 2017 + drawn(row, 5) % 10;
        let status = ["paid", "commitment", "pledge"]
            [usize::from(drawn(row, 6).is_multiple_of(5)) + usize::from(drawn(row, 6).is_multiple_of(20))];
        let years =
            if drawn(row, 7).is_multiple_of(7) { format!("{year};{}", year + 1) } else { year.to_string() };
        let country = match drawn(row, 8) {
            few if few % 5000 == 0 => RARE_COUNTRY.to_owned(),
            two if two % 11 == 0 => {
                format!("{};{}", country(two / 11, countries), country(two / 17, countries))
            }
            one => country(one, countries).to_owned(),
        };
        let earmarking =
            pick(&["unearmarked", "softly_earmarked", "earmarked", "tightly_earmarked"], drawn(row, 9));
        writeln!(
            out,
            "G-{row},\"{name}\",{kind},{status},{}.25,USD,{year}-{:02}-12,{years},{country},{earmarking},\
             \"Emergency shelter, generated row {row}\"",
            1000 + drawn(row, 10) % 900_000,
            1 + row % 12,
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// One of sixty countries, never the rare one.
fn country(number: u64, all: &[kernel::country::Country]) -> &str {
    let code = pick(&(0..60).map(|index| index * all.len() / 61).collect::<Vec<_>>(), number);
    let code = all[code].iso3.as_str();
    if code == RARE_COUNTRY { "TCD" } else { code }
}

/// The word with two letters beside each other swapped, as fingers do.
pub(super) fn mistyped(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let middle = (1..letters.len() - 1).find(|at| letters[*at] != letters[at + 1]).unwrap_or(0);
    letters.swap(middle, middle + 1);
    letters.into_iter().collect()
}
