"""An OCPP 2.0.1 station made with the PyPI library `ocpp`. It charges and says what it was answered."""

import asyncio
import uuid

from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result
from ocpp.v201.enums import Action

from common import Clock, report, run


class Station(ChargePoint):
    async def boot(self):
        station = {"vendor_name": "PyPI", "model": "ocpp", "firmware_version": "1.0"}
        answer = await self.call(call.BootNotification(charging_station=station, reason="PowerUp"))
        assert answer.status == "Accepted", answer
        await self.call(call.Heartbeat())
        await self.status(Clock(0), "Available")

    async def status(self, clock: Clock, status: str):
        await self.call(
            call.StatusNotification(timestamp=clock.text(), connector_status=status, evse_id=1, connector_id=1)
        )

    async def charge(self, given):
        clock = Clock(given.minutes)
        token = {"id_token": given.token, "type": "ISO14443"}
        answer = await self.call(call.Authorize(id_token=token))
        assert answer.id_token_info["status"] == "Accepted", answer
        await self.status(clock, "Occupied")
        transaction = str(uuid.uuid4())
        self.seq_no = 0
        start = await self.event("Started", "Authorized", transaction, clock, 1000, id_token=token)
        assert start.id_token_info["status"] == "Accepted", start
        report(started=transaction)
        steps = 10
        for step in range(1, steps + 1):
            clock.advance(given.minutes / steps)
            await self.event("Updated", "MeterValuePeriodic", transaction, clock, 1000 + given.energy_wh * step // steps)
        end = await self.event("Ended", "EVDeparted", transaction, clock, 1000 + given.energy_wh)
        await self.status(clock, "Available")
        report(ended=transaction, totalCost=end.total_cost)

    async def event(self, kind: str, trigger: str, transaction: str, clock: Clock, wh: int, **more):
        sample = {"value": wh, "measurand": "Energy.Active.Import.Register", "unit_of_measure": {"unit": "Wh"}}
        answer = await self.call(
            call.TransactionEvent(
                event_type=kind,
                timestamp=clock.text(),
                trigger_reason=trigger,
                seq_no=self.seq_no,
                transaction_info={
                    "transaction_id": transaction,
                    "charging_state": "Idle" if kind == "Ended" else "Charging",
                },
                evse={"id": 1, "connector_id": 1},
                meter_value=[{"timestamp": clock.text(), "sampled_value": [sample]}],
                **more,
            )
        )
        self.seq_no += 1
        return answer

    @on(Action.get_variables)
    def on_get_variables(self, get_variable_data, **_):
        results = [
            {"attribute_status": "UnknownVariable", "component": item["component"], "variable": item["variable"]}
            for item in get_variable_data
        ]
        return call_result.GetVariables(get_variable_result=results)

    @on(Action.request_stop_transaction)
    def on_request_stop(self, **_):
        return call_result.RequestStopTransaction(status="Accepted")


if __name__ == "__main__":
    asyncio.run(run(Station, "ocpp2.0.1"))
