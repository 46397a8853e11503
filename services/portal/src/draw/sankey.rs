//! What flows from whom to what: nodes in two columns, bands between them, everything to one scale.

use super::{Datum, escaped, head};
use crate::i18n::{Language, text};
use minijinja::{Error, Value};

const WIDTH: f64 = 1240.0;
/// Width of a node.
const NODE_WIDTH: f64 = 14.0;
/// Space for the names beside the nodes.
const LABEL_WIDTH: f64 = 385.0;
/// Space between two nodes.
const NODE_GAP: f64 = 14.0;
/// Minimum height of a node, so that it is visible.
const MIN_NODE_HEIGHT: f64 = 2.0;

/// A flow between two names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) value: f64,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) top: f64,
    pub(super) height: f64,
}

/// Where a band begins and ends, and how wide it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) from_top: f64,
    pub(super) to_top: f64,
    pub(super) width: f64,
}

/// Nodes and bands of a drawing.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) left: Vec<Place>,
    pub(super) right: Vec<Place>,
    pub(super) bands: Vec<Band>,
    pub(super) height: f64,
}

/// Lays links out: nodes in the order they are given, each as high as what flows through it, the bands of a node in the
/// order of the nodes at their other ends.
pub(super) fn layout(left: usize, right: usize, links: &[Link]) -> Layout {
    let total: f64 = links.iter().map(|link| link.value).sum();
    let rows = left.max(right);
    #[expect(clippy::cast_precision_loss, reason = "a few dozen nodes")]
    let inner = (rows as f64 * 26.0).clamp(120.0, 520.0);
    let scale = if total > 0.0 { inner / total } else { 0.0 };
    let column = |count: usize, of: &dyn Fn(&Link) -> usize| {
        let mut places = Vec::with_capacity(count);
        let mut top = 0.0;
        for node in 0..count {
            let through: f64 = links.iter().filter(|link| of(link) == node).map(|link| link.value).sum();
            let height = (through * scale).max(MIN_NODE_HEIGHT);
            places.push(Place { top, height });
            top += height + NODE_GAP;
        }
        (places, (top - NODE_GAP).max(0.0))
    };
    let (left, left_height) = column(left, &|link| link.from);
    let (right, right_height) = column(right, &|link| link.to);
    let mut bands = vec![Band { from_top: 0.0, to_top: 0.0, width: 0.0 }; links.len()];
    let mut order: Vec<usize> = (0..links.len()).collect();
    let mut next: Vec<f64> = left.iter().map(|place| place.top).collect();
    order.sort_by_key(|index| (links[*index].from, links[*index].to));
    for index in &order {
        let width = links[*index].value * scale;
        bands[*index].width = width;
        bands[*index].from_top = next[links[*index].from];
        next[links[*index].from] += width;
    }
    let mut next: Vec<f64> = right.iter().map(|place| place.top).collect();
    order.sort_by_key(|index| (links[*index].to, links[*index].from));
    for index in order {
        bands[index].to_top = next[links[index].to];
        next[links[index].to] += bands[index].width;
    }
    Layout { left, right, bands, height: left_height.max(right_height) }
}

/// A band as a filled shape between two columns.
fn shape(band: &Band) -> String {
    let (from, to) = (LABEL_WIDTH + NODE_WIDTH, WIDTH - LABEL_WIDTH - NODE_WIDTH);
    let middle = f64::midpoint(from, to);
    let (a, b, width) = (band.from_top, band.to_top, band.width);
    format!(
        "M{from:.1} {a:.1}C{middle:.1} {a:.1} {middle:.1} {b:.1} {to:.1} {b:.1}V{:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {from:.1} {:.1}Z",
        b + width,
        b + width,
        a + width,
        a + width
    )
}

fn shortened(text: &str) -> String {
    const MAX_LABEL_LENGTH: usize = 32;
    if text.chars().count() <= MAX_LABEL_LENGTH {
        return text.to_owned();
    }
    text.chars().take(MAX_LABEL_LENGTH - 1).collect::<String>() + "…"
}

/// A Sankey drawing: `data` is `{from: [marks], to: [marks], links: [{from, to, value, shown}]}`, where a link's ends are
/// places in the two lists.
pub(crate) fn sankey(
    language: Language,
    id: &str,
    title: &str,
    description: &str,
    data: Value,
) -> Result<Value, Error> {
    let colon = text(language, "colon", None);
    let (from, to) = (super::marks(&data.get_attr("from")?)?, super::marks(&data.get_attr("to")?)?);
    let mut links = Vec::new();
    let mut shown = Vec::new();
    for link in data.get_attr("links")?.try_iter()? {
        let end = |name: &str| Ok::<_, Error>(usize::try_from(link.get_attr(name)?).unwrap_or_default());
        let value = f64::try_from(link.get_attr("value")?)?;
        let link_of = Link { from: end("from")?, to: end("to")?, value };
        if link_of.from < from.len() && link_of.to < to.len() {
            links.push(link_of);
            shown.push(link.get_attr("shown")?.as_str().unwrap_or_default().to_owned());
        }
    }
    let layout = layout(from.len(), to.len(), &links);
    let mut svg = head(id, title, description, (WIDTH, layout.height), "sankey");
    for ((link, band), shown) in links.iter().zip(&layout.bands).zip(&shown) {
        svg.push_str(&format!(
            "<path class=\"band band-{}\" d=\"{}\"><title>{} → {}{colon} {}</title></path>",
            link.from % 6,
            shape(band),
            escaped(&from[link.from].label),
            escaped(&to[link.to].label),
            escaped(shown)
        ));
    }
    let mut node = |datum: &Datum, place: &Place, x: f64, text_x: f64, anchor: &str| {
        let middle = place.top + place.height / 2.0;
        svg.push_str(&format!(
            "<rect class=\"node\" x=\"{x:.0}\" y=\"{:.1}\" width=\"{NODE_WIDTH}\" height=\"{:.1}\"/>\
             <text x=\"{text_x:.0}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{} <tspan class=\"figure\">{}</tspan></text>",
            place.top,
            place.height,
            middle + 4.0,
            escaped(&shortened(&datum.label)),
            escaped(&datum.shown)
        ));
    };
    for (datum, place) in from.iter().zip(&layout.left) {
        node(datum, place, LABEL_WIDTH, LABEL_WIDTH - 6.0, "end");
    }
    for (datum, place) in to.iter().zip(&layout.right) {
        node(datum, place, WIDTH - LABEL_WIDTH - NODE_WIDTH, WIDTH - LABEL_WIDTH + 6.0, "start");
    }
    svg.push_str("</svg>");
    Ok(Value::from_safe_string(svg))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: usize, to: usize, value: f64) -> Link {
        Link { from, to, value }
    }

    #[test]
    fn bands_fill_their_nodes_without_overlap_and_to_one_scale() {
        let links = [link(0, 1, 30.0), link(0, 0, 50.0), link(1, 1, 20.0), link(2, 0, 100.0)];
        let layout = layout(3, 2, &links);
        let of = |from: usize| layout.bands.iter().zip(&links).filter(move |(_, link)| link.from == from);
        for (node, place) in layout.left.iter().enumerate() {
            let width: f64 = of(node).map(|(band, _)| band.width).sum();
            assert!((width - place.height).abs() < 1e-9, "node {node}");
        }
        for (node, place) in layout.right.iter().enumerate() {
            let through = layout.bands.iter().zip(&links).filter(|(_, link)| link.to == node);
            let mut ends: Vec<(f64, f64)> = through.map(|(band, _)| (band.to_top, band.width)).collect();
            ends.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!((ends[0].0 - place.top).abs() < 1e-9);
            for pair in ends.windows(2) {
                assert!((pair[0].0 + pair[0].1 - pair[1].0).abs() < 1e-9, "one begins where the other ends");
            }
        }
        // The bands of a node lie in the order of their other ends: they do not cross at it.
        assert!(layout.bands[1].from_top < layout.bands[0].from_top);
        let ratio = layout.bands[3].width / layout.bands[2].width;
        assert!((ratio - 5.0).abs() < 1e-9);
        assert!(layout.left[1].top >= layout.left[0].top + layout.left[0].height + NODE_GAP - 1e-9);
    }

    #[test]
    fn nothing_at_all_is_drawn_as_nothing() {
        let layout = layout(0, 0, &[]);
        assert!(layout.height.abs() < f64::EPSILON && layout.bands.is_empty());
        assert!(super::layout(1, 1, &[link(0, 0, 0.0)]).bands[0].width.abs() < f64::EPSILON);
    }
}
