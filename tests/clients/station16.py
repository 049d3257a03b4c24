"""An OCPP 1.6 station made with the PyPI library `ocpp`. It charges and says what it was answered."""

import asyncio

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action, RegistrationStatus

from common import Clock, report, run


class Station(ChargePoint):
    async def boot(self):
        answer = await self.call(call.BootNotification(charge_point_vendor="PyPI", charge_point_model="ocpp"))
        assert answer.status == RegistrationStatus.accepted, answer
        await self.call(call.Heartbeat())
        await self.status("Available")

    async def status(self, status: str):
        await self.call(call.StatusNotification(connector_id=1, error_code="NoError", status=status))

    async def charge(self, given):
        clock = Clock(given.minutes)
        answer = await self.call(call.Authorize(id_tag=given.token))
        assert answer.id_tag_info["status"] == "Accepted", answer
        await self.status("Preparing")
        start = await self.call(
            call.StartTransaction(connector_id=1, id_tag=given.token, meter_start=1000, timestamp=clock.text())
        )
        assert start.id_tag_info["status"] == "Accepted", start
        report(started=start.transaction_id)
        await self.status("Charging")
        await self.meter(start.transaction_id, clock, given)
        stop = await self.call(
            call.StopTransaction(
                transaction_id=start.transaction_id,
                meter_stop=1000 + given.energy_wh,
                timestamp=clock.text(),
                id_tag=given.token,
                reason="Local",
            )
        )
        await self.status("Available")
        report(ended=start.transaction_id, answer=stop.id_tag_info)

    async def meter(self, transaction_id: int, clock: Clock, given):
        steps = 10
        for step in range(1, steps + 1):
            clock.advance(given.minutes / steps)
            sample = {
                "value": str(1000 + given.energy_wh * step // steps),
                "measurand": "Energy.Active.Import.Register",
                "unit": "Wh",
            }
            await self.call(
                call.MeterValues(
                    connector_id=1,
                    transaction_id=transaction_id,
                    meter_value=[{"timestamp": clock.text(), "sampled_value": [sample]}],
                )
            )

    @on(Action.get_configuration)
    def on_get_configuration(self, **_):
        return call_result.GetConfiguration(configuration_key=[{"key": "HeartbeatInterval", "readonly": False, "value": "300"}])

    @on(Action.remote_stop_transaction)
    def on_remote_stop(self, transaction_id: int, **_):
        return call_result.RemoteStopTransaction(status="Accepted")


if __name__ == "__main__":
    asyncio.run(run(Station, "ocpp1.6"))
