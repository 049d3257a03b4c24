//! One family of metrics: its name, its help and its samples.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet};
use prometheus_client::metrics::MetricType;

pub(super) struct Sample<'a, V, const N: usize> {
    labels: [(&'a str, &'a str); N],
    value: V,
}

impl<'a, V, const N: usize> Sample<'a, V, N> {
    pub(super) fn new(labels: [(&'a str, &'a str); N], value: V) -> Self {
        Self { labels, value }
    }
}

pub(super) fn counters<'a, V: EncodeCounterValue, const N: usize>(
    to: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = Sample<'a, V, N>>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    samples.into_iter().try_for_each(|Sample { labels, value }| match N {
        0 => family.encode_counter::<NoLabelSet, V, u64>(&value, None),
        _ => family.encode_family(&labels)?.encode_counter::<NoLabelSet, V, u64>(&value, None),
    })
}

pub(super) fn gauges<'a, V: EncodeGaugeValue, const N: usize>(
    to: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = Sample<'a, V, N>>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    samples.into_iter().try_for_each(|Sample { labels, value }| match N {
        0 => family.encode_gauge(&value),
        _ => family.encode_family(&labels)?.encode_gauge(&value),
    })
}
