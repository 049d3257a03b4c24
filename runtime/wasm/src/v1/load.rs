//! `amprule:load/load`: the question and the answer.

use amprule_domain::Timestamp;
use amprule_domain::decision::Fault;
use amprule_domain::event::ChargingState;
use amprule_domain::load::{Amperes, CircuitFacts, EvseFacts, LoadInput, LoadOutput, MeterFacts, Share};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::Export;
use super::bindings::amprule::types::types;
use super::bindings::exports::amprule::load::load as wit;
use super::facts::lower_token;
use super::parameters::{Parameters, lists};
use super::types::{lift_decimal, lift_problem, lift_time, lower_decimal, lower_energy, lower_time};
use crate::sandbox::Sandbox;

/// Numbers as the guest has them: a record of it borrows its lists.
struct Currents {
    circuits: Vec<[types::Decimal; 3]>,
    meters: Vec<Vec<types::Decimal>>,
}

impl Export for LoadInput {
    const INTERFACE: &'static str = "amprule:load/load";
    type Output = LoadOutput;

    found_by!(wit);

    fn now(&self) -> Timestamp {
        self.now
    }

    fn call(
        &self,
        export: &wit::GuestIndices,
        store: &mut Store<Sandbox>,
        instance: &Instance,
        parameters: &Parameters,
    ) -> wasmtime::Result<Result<LoadOutput, Fault>> {
        let lists = lists(&self.parameters);
        let lowered =
            Currents::of(self).and_then(|currents| Ok((currents, parameters.lower(&self.parameters, &lists)?)));
        let (currents, parameters) = match lowered {
            Ok(lowered) => lowered,
            Err(fault) => return Ok(Err(fault)),
        };
        let circuits: Vec<_> = self.circuits.iter().zip(&currents.circuits).map(lower_circuit).collect();
        let meters: Vec<_> = self.meters.iter().zip(&currents.meters).map(lower_meter).collect();
        let evses: Vec<_> = self.evses.iter().map(lower_evse).collect();
        let question = wit::LoadInput {
            now: lower_time(self.now),
            site: &self.site.id,
            voltage_v: self.site.voltage_v,
            local: wit::LocalTime {
                time_zone: &self.local.time_zone,
                weekday: self.local.weekday,
                minute_of_day: self.local.minute_of_day,
                date: &self.local.date,
            },
            circuits: &circuits,
            meters: &meters,
            evses: &evses,
            parameters: &parameters,
        };
        let answer = export.load(&mut *store, instance)?.call_share_out(store, question)?;
        Ok(answer.map_err(|problem| lift_problem(&problem)).and_then(lift))
    }
}

impl Currents {
    fn of(input: &LoadInput) -> Result<Self, Fault> {
        let meter = |meter: &MeterFacts| -> Result<Vec<_>, Fault> {
            meter.current_a.iter().map(|current| lower_decimal("currentA", *current)).collect()
        };
        Ok(Self {
            circuits: input.circuits.iter().map(|circuit| circuit.free_a.map(lower_amperes)).collect(),
            meters: input.meters.iter().map(meter).collect::<Result<_, _>>()?,
        })
    }
}

fn lower_amperes(amperes: Amperes) -> types::Decimal {
    types::Decimal { coefficient: amperes.tenths(), scale: 1 }
}

fn lower_circuit<'c>((circuit, free): (&'c CircuitFacts, &'c [types::Decimal; 3])) -> wit::Circuit<'c> {
    wit::Circuit {
        id: &circuit.id,
        inside: circuit.inside.as_deref(),
        most_a: lower_amperes(circuit.most_a),
        free_a: free,
    }
}

fn lower_meter<'m>((meter, current): (&'m MeterFacts, &'m Vec<types::Decimal>)) -> wit::Meter<'m> {
    wit::Meter { id: &meter.id, power_w: meter.power_w, current_a: current }
}

fn lower_evse(evse: &EvseFacts) -> wit::Evse<'_> {
    let session = &evse.session;
    wit::Evse {
        id: &evse.id,
        station: &evse.station,
        number: evse.evse,
        circuit: &evse.circuit,
        phases: evse.phases,
        priority: evse.priority,
        least_a: lower_amperes(evse.least_a),
        most_a: lower_amperes(evse.most_a),
        limit_a: lower_amperes(evse.limit_a),
        limit_at: evse.limit_at.map(lower_time),
        switched_at: evse.switched_at.map(lower_time),
        power_w: evse.power_w,
        session: &session.id,
        started_at: lower_time(session.started_at),
        energy_wh: lower_energy(session.energy),
        state: match session.state {
            ChargingState::Charging => types::ChargingState::Charging,
            ChargingState::Suspended => types::ChargingState::Suspended,
            ChargingState::Idle => types::ChargingState::Idle,
        },
        token: session.token.as_ref().map(lower_token),
    }
}

fn lift(output: wit::LoadOutput) -> Result<LoadOutput, Fault> {
    let share = |(at, share): (usize, wit::Share)| {
        let most_a = lift_decimal(|| format!("shares[{at}].mostA"), share.most_a)?;
        Ok(Share { evse: share.evse, most_a })
    };
    Ok(LoadOutput {
        shares: output.shares.into_iter().enumerate().map(share).collect::<Result<_, Fault>>()?,
        next_change_at: lift_time("nextChangeAt", output.next_change_at)?,
    })
}
