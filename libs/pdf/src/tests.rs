use super::*;
use lopdf::{Dictionary, Object};

fn document(blocks: Vec<Block>) -> Document {
    Document {
        title: "Relevé du bailleur de fonds".to_owned(),
        language: "fr".to_owned(),
        author: "Organisation".to_owned(),
        footer: "Organisation".to_owned(),
        date: (2026, 11, 25),
        missing: "Des caractères manquent.".to_owned(),
        blocks,
    }
}

fn table(rows: impl IntoIterator<Item = [String; 3]>) -> Block {
    let column = |heading: &str, share, number| Column { heading: heading.to_owned(), share, number };
    Block::Table(Table {
        caption: "Contributions".to_owned(),
        columns: vec![column("Référence", 2, false), column("Objet", 4, false), column("Montant", 2, true)],
        rows: rows.into_iter().map(|cells| Row { cells: cells.to_vec(), total: false }).collect(),
    })
}

fn read(document: &Document) -> lopdf::Document {
    lopdf::Document::load_mem(&write(document).unwrap()).unwrap()
}

fn name(dictionary: &Dictionary, key: &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(dictionary.get(key).ok()?.as_name().ok()?).into_owned())
}

/// The structure as an outline of roles, children after their parents.
fn roles(pdf: &lopdf::Document) -> Vec<String> {
    fn walk(pdf: &lopdf::Document, object: &Object, found: &mut Vec<String>) {
        let object = match object.as_reference() {
            Ok(id) => pdf.get_object(id).unwrap(),
            Err(_) => object,
        };
        if let Ok(children) = object.as_array() {
            children.iter().for_each(|child| walk(pdf, child, found));
        } else if let Ok(element) = object.as_dict() {
            found.extend(name(element, b"S"));
            if let Ok(children) = element.get(b"K") {
                walk(pdf, children, found);
            }
        }
    }
    let root = pdf.catalog().unwrap().get(b"StructTreeRoot").unwrap();
    let root = pdf.get_object(root.as_reference().unwrap()).unwrap().as_dict().unwrap();
    let mut found = Vec::new();
    walk(pdf, root.get(b"K").unwrap(), &mut found);
    found
}

#[test]
fn a_document_says_what_it_is_and_what_its_parts_are() {
    let facts = Block::Facts(vec![("Bailleur".to_owned(), "Norvège".to_owned())]);
    let blocks = vec![
        facts,
        Block::Heading("Versé".to_owned()),
        Block::Paragraph("Un texte.".to_owned()),
        table([["A".to_owned(), String::new(), "1".to_owned()]]),
    ];
    let pdf = read(&document(blocks));
    let catalog = pdf.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"fr");
    let marked = catalog.get(b"MarkInfo").unwrap().as_dict().unwrap();
    assert!(marked.get(b"Marked").unwrap().as_bool().unwrap());
    let shown = catalog.get(b"ViewerPreferences").unwrap().as_dict().unwrap();
    assert!(shown.get(b"DisplayDocTitle").unwrap().as_bool().unwrap());
    let metadata = pdf.get_object(catalog.get(b"Metadata").unwrap().as_reference().unwrap()).unwrap();
    let metadata = String::from_utf8_lossy(&metadata.as_stream().unwrap().content).into_owned();
    assert!(
        metadata.contains("pdfuaid:part") && metadata.contains("Relevé du bailleur de fonds"),
        "{metadata}"
    );
    assert_eq!(
        roles(&pdf),
        [
            "Document", "H1", "Table", "TBody", "TR", "TH", "TD", "H2", "P", "Table", "Caption", "THead",
            "TR", "TH", "TH", "TH", "TBody", "TR", "TH", "TD", "TD"
        ]
    );
    let fonts = pdf.objects.values().filter_map(|object| object.as_dict().ok());
    let fonts: Vec<&Dictionary> =
        fonts.filter(|font| name(font, b"Subtype").as_deref() == Some("Type0")).collect();
    assert!(fonts.len() == 2 && fonts.iter().all(|font| font.has(b"ToUnicode")), "{fonts:?}");
    let embedded = pdf.objects.values().filter_map(|object| object.as_dict().ok());
    assert_eq!(embedded.filter(|font| font.has(b"FontFile2")).count(), 2);
}

#[test]
fn what_is_long_goes_on_over_pages_under_its_head() {
    let row =
        |number: usize| [format!("REF-{number:04}"), "Abri et secours".to_owned(), "1 000,00".to_owned()];
    let pdf = read(&document(vec![table((0..1000).map(row))]));
    let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
    assert!(pages.len() > 10, "{} pages", pages.len());
    let texts: Vec<String> = pages.iter().map(|page| pdf.extract_text(&[*page]).unwrap()).collect();
    for (number, text) in texts.iter().enumerate() {
        assert!(
            text.contains("Objet") && text.contains("Montant"),
            "page {} has no head: {text}",
            number + 1
        );
    }
    let whole = texts.concat();
    assert!((0..1000).all(|number| whole.matches(&format!("REF-{number:04}")).count() == 1));
    // The head is part of the document once; on the other pages it is decoration.
    let roles = roles(&pdf);
    let count = |role: &str| roles.iter().filter(|other| *other == role).count();
    assert_eq!((count("TR"), count("TH"), count("TD"), count("Table")), (1001, 1003, 2000, 1));
}

#[test]
fn no_text_breaks_it() {
    let rightward = "مؤسسة الإغاثة ".repeat(25).chars().take(300).collect::<String>();
    let wide = "W".repeat(5000);
    for text in [
        rightward.as_str(),
        &format!("{rightward} Norway 2026 {rightward}"),
        &wide,
        "",
        "   ",
        "\u{0}\u{7}\t\n",
        "\u{feff}\u{e000}\u{ffff}\u{10ffff}",
        "日本国外務省",
        "🇳🇴 e\u{301}\u{302}\u{303}",
        "\u{202e}abc\u{202c}\u{200f}",
        "Министерство иностранных дел Υπουργείο משרד",
    ] {
        let cells = [text.to_owned(), text.to_owned(), text.to_owned()];
        let blocks = vec![
            Block::Heading(text.to_owned()),
            Block::Paragraph(text.to_owned()),
            Block::Facts(vec![(text.to_owned(), text.to_owned())]),
            table([cells]),
        ];
        let mut document = document(blocks);
        if !text.trim().is_empty() {
            document.title = text.to_owned();
        }
        let shown: String = text.chars().take(20).collect();
        write(&document).unwrap_or_else(|error| panic!("{shown}: {error}"));
    }
}

#[test]
fn what_the_font_lacks_is_shown_and_said() {
    let notes = |text: &str| {
        let pdf = read(&document(vec![Block::Paragraph(text.to_owned())]));
        let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
        pdf.extract_text(&pages).unwrap().contains("Des caractères manquent.")
    };
    assert!(notes("日本国") && notes("a\u{e000}"));
    assert!(!notes("Norvège — Норвегия النرويج Ελλάδα"));
}

#[test]
fn lines_are_broken_where_words_end_and_lose_nothing() {
    let faces = text::Faces::new().unwrap();
    for text in
        ["one two three four five six", "WWWWWWWWWWWWWWWWWWWWWWWW", "النرويج النرويج النرويج", "a  b ", "x"]
    {
        for width in [1.0, 5.0, 12.0] {
            let lines = faces.regular.lines(text, width);
            let joined: String = lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(joined, text);
            for line in &lines {
                let shaped = faces.regular.shape(line);
                let one = line.text.chars().count() == 1;
                assert!(one || shaped.width - shaped.blank <= width + 0.7, "{:?} at {width}", line.text);
            }
        }
    }
    let lines = faces.regular.lines("one two three", 4.5);
    assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["one two ", "three"]);
}

#[test]
fn an_amount_is_never_broken_while_there_is_room_for_it() {
    let amount = "1,262,764,400.00\u{a0}NOK";
    let column = |heading: &str, share, number| Column { heading: heading.to_owned(), share, number };
    let table = Table {
        caption: String::new(),
        columns: vec![
            column("Reference", 4, false),
            column("Purpose", 4, false),
            column("Given", 1, true),
            column("USD", 1, true),
        ],
        rows: [false, true]
            .map(|total| Row {
                cells: vec!["R".to_owned(), "Shelter ".repeat(30), amount.to_owned(), amount.to_owned()],
                total,
            })
            .to_vec(),
    };
    let faces = text::Faces::new().unwrap();
    let plan = layout::plan(&document(vec![Block::Table(table)]), &faces);
    let mut whole = 0;
    for mark in plan.pages.iter().flatten() {
        let layout::Mark::Text { x, line, size, bold, .. } = mark else { continue };
        let end = x + faces.of(*bold).shape(line).width * size;
        assert!(end <= layout::MARGIN + layout::CONTENT_WIDTH + 5.0, "{} ends at {end}", line.text);
        assert!(line.text == amount || !line.text.contains("NOK"), "{}", line.text);
        whole += usize::from(line.text == amount);
    }
    assert_eq!(whole, 4);
}
