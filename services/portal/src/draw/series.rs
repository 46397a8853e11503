//! Several figures of each year, one on the other; and one small drawing for each of many things, to one scale.

use super::{Datum, escaped, head, marks, share};
use crate::i18n::{Language, text};
use minijinja::{Error, Value};

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 180.0;

/// A year of a stacked series.
struct Stack {
    label: String,
    shown: String,
    parts: Vec<Datum>,
}

fn whole(parts: &[Datum]) -> f64 {
    parts.iter().map(|part| part.value).sum()
}

/// Stacked columns over time: `data` is a list of `{label, shown, parts: [marks]}`; the parts of each in one order.
pub(crate) fn series(
    language: Language,
    id: &str,
    title: &str,
    description: &str,
    data: Value,
) -> Result<Value, Error> {
    let colon = text(language, "colon", None);
    let read = |item: Value| {
        let field = |name: &str| Ok::<_, Error>(item.get_attr(name)?.as_str().unwrap_or_default().to_owned());
        Ok::<_, Error>(Stack {
            label: field("label")?,
            shown: field("shown")?,
            parts: marks(&item.get_attr("parts")?)?,
        })
    };
    let stacks: Vec<Stack> = data.try_iter()?.map(read).collect::<Result<_, _>>()?;
    let most = stacks.iter().map(|stack| whole(&stack.parts)).fold(0.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "a few dozen columns")]
    let width = (stacks.len().max(1) as f64) * WIDTH;
    let mut svg = head(id, title, description, (width, HEIGHT + 50.0), "columns");
    for (index, stack) in stacks.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen columns")]
        let x = index as f64 * WIDTH;
        let middle = x + WIDTH / 2.0;
        let mut bottom = 20.0 + HEIGHT;
        for (number, part) in stack.parts.iter().enumerate() {
            let height = share(part.value, most) / 100.0 * HEIGHT;
            bottom -= height;
            svg.push_str(&format!(
                "<rect class=\"part-{}\" x=\"{:.1}\" y=\"{bottom:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{} {}{colon} {}</title></rect>",
                number % 6,
                x + 18.0,
                WIDTH - 36.0,
                escaped(&stack.label),
                escaped(&part.label),
                escaped(&part.shown),
            ));
        }
        svg.push_str(&format!(
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"figure\">{}</text>\
             <text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom - 6.0,
            escaped(&stack.shown),
            HEIGHT + 40.0,
            escaped(&stack.label),
        ));
    }
    svg.push_str("</svg>");
    Ok(Value::from_safe_string(svg))
}

/// One of many small drawings: columns without figures, as high as `most` at the highest. Decorative, because the figures
/// stand in the table beside them.
pub(crate) fn multiple(data: Value, most: f64) -> Result<Value, Error> {
    const COLUMN_WIDTH: f64 = 16.0;
    const COLUMN_HEIGHT: f64 = 48.0;
    let data = marks(&data)?;
    #[expect(clippy::cast_precision_loss, reason = "a few dozen columns")]
    let width = data.len().max(1) as f64 * COLUMN_WIDTH;
    let mut svg = format!(
        "<svg class=\"multiple\" viewBox=\"0 0 {width:.0} {COLUMN_HEIGHT:.0}\" aria-hidden=\"true\" focusable=\"false\">"
    );
    for (index, datum) in data.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen columns")]
        let x = index as f64 * COLUMN_WIDTH;
        let height = share(datum.value, most) / 100.0 * COLUMN_HEIGHT;
        svg.push_str(&format!(
            "<rect class=\"track\" x=\"{:.0}\" width=\"{:.0}\" height=\"{COLUMN_HEIGHT:.0}\"/><rect class=\"fill\" x=\"{:.0}\" y=\"{:.1}\" width=\"{:.0}\" height=\"{height:.1}\"/>",
            x + 1.0,
            COLUMN_WIDTH - 2.0,
            x + 1.0,
            COLUMN_HEIGHT - height,
            COLUMN_WIDTH - 2.0,
        ));
    }
    svg.push_str("</svg>");
    Ok(Value::from_safe_string(svg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::value::Serde;
    use serde_json::json;

    fn mark(label: &str, value: f64) -> serde_json::Value {
        json!({ "label": label, "value": value, "shown": value.to_string() })
    }

    /// Heights of the rectangles of a class.
    fn heights(svg: &str, class: &str) -> Vec<f64> {
        let rectangles =
            svg.split("<rect ").skip(1).filter(|part| part.contains(&format!("class=\"{class}\"")));
        rectangles
            .map(|part| part.split(" height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
            .collect()
    }

    #[test]
    fn the_highest_year_fills_the_drawing_and_the_others_are_to_its_scale() {
        let data = json!([
            { "label": "2025", "shown": "50", "parts": [mark("a", 30.0), mark("b", 20.0)] },
            { "label": "2026", "shown": "100", "parts": [mark("a", 100.0), mark("b", 0.0)] },
        ]);
        let svg = series(Language::English, "s", "t", "d", Value::from(Serde(data))).unwrap().to_string();
        assert_eq!(heights(&svg, "part-0"), [54.0, 180.0]);
        assert_eq!(heights(&svg, "part-1"), [36.0, 0.0]);
    }

    #[test]
    fn small_multiples_share_one_scale() {
        let of = |value: f64| {
            let data = json!([mark("2025", value), mark("2026", value / 2.0)]);
            heights(&multiple(Value::from(Serde(data)), 200.0).unwrap().to_string(), "fill")
        };
        assert_eq!(of(200.0), [48.0, 24.0]);
        assert_eq!(of(100.0), [24.0, 12.0]);
    }
}
