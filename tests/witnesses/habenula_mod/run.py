"""Run the compiled cell in NEURON: JSON of parameters and start voltages in, spike times (ms) by start voltage out."""

import json
import sys

from neuron import h, load_mechanisms


def spikes(values: dict, start: float, duration: float, tolerance: float) -> list[float]:
    soma = h.Section(name="soma")
    soma.nseg = 1
    soma.L = soma.diam = 20
    soma.cm = values["cm"]
    for mechanism in ("habfast", "habslow"):
        soma.insert(mechanism)
        for name, value in values[mechanism].items():
            setattr(getattr(soma(0.5), mechanism), name, value)
    detector = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
    detector.threshold = values["spike_level"]
    times = h.Vector()
    detector.record(times)
    integrator = h.CVode()
    integrator.active(1)
    integrator.atol(tolerance)
    integrator.rtol(tolerance)
    h.finitialize(start)
    h.continuerun(duration)
    return list(times)


if __name__ == "__main__":
    request = json.load(sys.stdin)
    load_mechanisms(request["folder"])
    h.load_file("stdrun.hoc")
    print(json.dumps([spikes(**each) for each in request["runs"]]))
