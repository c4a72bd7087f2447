"""The one table of quantities: name, axes, unit, meaning. Whatever a run returns, stores, prints, draws or exports is named here."""

from typing import NamedTuple

AXES = {
    "patient": "number of a virtual patient",
    "circuit": "number of a prefrontal circuit of the ensemble",
    "arm": "what is allowed to act",
    "coalition": "which of context and ways are allowed to act",
    "contributor": "the context or a way, to which a part of the change is attributed",
    "checkpoint": "named time of a course",
    "region": "region of the brain",
    "quantile": "fraction of the circuits that stay below",
    "time": "time since the start of the course",
    "gamma_time": "time since the first dose",
    "enantiomer": "enantiomer",
    "molecule": "comparator or metabolite that acts",
    "cell_class": "class of cell",
    "cortical_class": "class of prefrontal cell",
    "site": "where NMDA receptors trap the drug",
    "item": "item of the MADRS",
    "flow": "flow of spines",
    # Circuits beside a course
    "neuron": "number of a habenula cell, in the order of resting potentials",
    "activity": "how a habenula cell fires",
    "traced_cell": "habenula cell that is followed, by how it fires where such a cell is first seen",
    "trace_time": "time since the start of a recording",
    "spike": "number of a spike",
    "nucleus": "whose habenula is excited",
    "volley_time": "time since a synchronous excitation",
    "volley": "spikes of every habenula cell in one volley",
    "frequency": "frequency",
    "landscape": "state of the drug at which a landscape is that of the limbic network",
    "limbic_current": "current into the limbic network",
    "edge": "lower or upper edge",
    "initial_state": "state of the two networks before drive is lost",
    "block": "loss of recurrent NMDA drive",
    "network": "limbic or cognitive network",
    "subnetwork": "number of a limbic subnetwork, in the order of drive",
    "noise": "noise of the limbic and the cognitive network",
    # A user's own
    "observation": "number of an observation of the user's own",
}
"""Every axis, in the order in which arrays have them, and what runs along it."""
AXIS_UNITS = {
    "time": "h",
    # Circuits beside a course
    **{"neuron": "1", "trace_time": "ms", "spike": "1", "volley_time": "ms", "volley": "1"},
    **{"gamma_time": "h", "frequency": "Hz", "limbic_current": "nA", "block": "1", "quantile": "1"},
    **{"subnetwork": "1", "noise": "nA"},
}
"""Units of the axes that have one."""


class Quantity(NamedTuple):
    """One row of the table."""

    name: str
    axes: tuple[str, ...]
    """All that it may have; a data set has those of them along which it varies there."""
    unit: str
    meaning: str
    label: str = ""
    """A few words for a table or figure, where it is shown in one."""
    is_readout: bool = False
    """Whether it stands among the main read-outs of a course."""


def _rows(axes: str, *rows: tuple) -> list[Quantity]:
    """Quantities with the same axes, which are given in one text."""
    return [Quantity(name, tuple(axes.split()), *rest) for name, *rest in rows]


_TABLE = [
    *_rows(
        "patient time enantiomer",
        ("arterial_ketamine", "umol/L", "total ketamine in arterial plasma"),
        ("venous_ketamine", "umol/L", "total ketamine in a peripheral venous sample"),
        ("norketamine", "umol/L", "total norketamine in arterial plasma"),
        ("hydroxynorketamine", "umol/L", "total hydroxynorketamine in arterial plasma"),
        ("effect_site_ketamine", "umol/L", "total ketamine at the effect site"),
        ("free_brain_ketamine", "umol/L", "unbound ketamine in brain", "free brain ketamine", True),
        ("free_brain_norketamine", "umol/L", "unbound norketamine in brain"),
        ("free_brain_hydroxynorketamine", "umol/L", "unbound hydroxynorketamine in brain"),
    ),
    *_rows(
        "patient time",
        ("racemate_equivalents", "umol/L", "ketamine and its metabolites at NMDA receptors in equivalents of racemic ketamine"),
        ("bound_by_kinetics", "1", "the same of bursting habenula cells if drug were released as receptor kinetics say"),
        ("venous_ketamine_mass", "ng/mL", "total ketamine in a peripheral venous sample", "venous ketamine", True),
        ("norketamine_mass", "ng/mL", "total norketamine in arterial plasma", "norketamine", True),
        ("hydroxynorketamine_mass", "ng/mL", "total hydroxynorketamine in arterial plasma", "hydroxynorketamine", True),
        ("dehydronorketamine_mass", "ng/mL", "total dehydronorketamine in arterial plasma", "dehydronorketamine"),
        ("dissociation", "1", "altered perception, fraction of the maximal effect", "dissociation", True),
        ("systolic_rise", "mmHg", "rise of systolic blood pressure", "systolic pressure", True),
        ("diastolic_rise", "mmHg", "rise of diastolic blood pressure", "diastolic pressure", True),
        (
            "anaesthesia",
            "1",
            "effect-site ketamine over that of people who just wake up",
            "of the concentration on awakening from anaesthesia",
        ),
        ("can_be_rated", "1", "1 where the mood can be rated as given, 0 while the patient is anaesthetised"),
        ("impulse_control", "1", "a held goal against a brief distraction, as given", "impulse control"),
    ),
    *_rows(
        "patient time molecule",
        ("comparator_plasma", "umol/L", "total comparator in plasma"),
        ("comparator_mass", "ng/mL", "total comparator in plasma", "comparator", True),
    ),
    *_rows(
        "patient time cell_class",
        ("pore_block", "1", "loss of NMDA charge by competition with magnesium", "NMDA pore block", True),
        ("drive_loss", "1", "effective loss of NMDA drive", "loss of NMDA drive", True),
    ),
    *_rows("patient time site", ("bound", "1", "fraction of NMDA receptors that carry the drug")),
    *_rows(
        "patient arm time cortical_class",
        ("prefrontal_rates", "Hz", "firing of prefrontal cells by class"),
        ("prefrontal_nmda", "1", "fraction of NMDA drive left in prefrontal cells by class"),
    ),
    *_rows("patient arm time cell_class", ("adaptation", "1", "loss of NMDA drive that cells have adapted to, by class")),
    *_rows(
        "patient arm time",
        # Way 1
        ("pyramidal_rate", "Hz", "firing of prefrontal pyramidal cells", "pyramidal rate", True),
        ("prefrontal_inhibition", "1", "strength of prefrontal inhibition, undrugged = 1"),
        ("recurrence", "1", "recurrent prefrontal excitation, healthy = 1"),
        ("glutamate", "1", "rise of prefrontal glutamate that the drug causes", "glutamate surge", True),
        ("measured_glutamate", "1", "rise of prefrontal glutamate with the lag of its measurement"),
        ("focus", "ms", "how long the prefrontal circuit holds activity", "prefrontal focus", True),
        # Way 2
        ("calcium_load", "1", "extrasynaptic calcium load, healthy = 1", "calcium load", True),
        ("damage", "1", "excitotoxic damage, healthy = 0, stress 1 = 1"),
        ("excitatory_gain", "1", "gain of excitatory transmission, healthy = 1"),
        # Way 3
        ("habenula_tonic_rate", "Hz", "habenula spikes outside bursts, per cell", "habenula tonic rate", True),
        ("habenula_burst_rate", "Hz", "habenula spikes inside bursts, per cell", "habenula burst rate", True),
        ("habenula_burst_rate_strict", "Hz", "habenula spikes inside bursts by a stricter criterion of a burst, per cell"),
        ("habenula_unblocked", "1", "fraction of habenula NMDA pores free of Mg2+"),
        ("habenula_nmda", "1", "fraction of NMDA conductance left in the habenula"),
        ("habenula_shift", "mV", "shift of the habenula's resting potentials"),
        ("dopamine_active_share", "1", "fraction of dopamine cells that fire"),
        ("dopamine_rate", "Hz", "rate of dopamine cells that fire"),
        ("dopamine_burst_share", "1", "fraction of dopamine spikes in bursts"),
        ("dopamine", "1", "dopamine tone, healthy = 1", "dopamine tone", True),
        # Comparators
        ("sert_occupancy", "1", "occupied serotonin transporters", "serotonin transporter occupied", True),
        ("dat_occupancy", "1", "occupied dopamine transporters", "dopamine transporter occupied", True),
        ("mao_block", "1", "MAO-A that is destroyed or held", "MAO-A lost", True),
        ("serotonin", "1", "serotonin at its targets, healthy = 1", "serotonin", True),
        ("autoreceptor", "1", "sensitivity of 5-HT1A autoreceptors, naive = 1"),
        # Way 4
        ("surge_engagement", "1", "engagement of BDNF by the glutamate surge"),
        ("resting_engagement", "1", "engagement of BDNF by block at rest"),
        ("bdnf", "1", "BDNF-TrkB activity", "BDNF–TrkB activity", True),
        ("mtor", "1", "mTORC1 activity", "mTORC1 activity", True),
        ("synaptic_proteins", "1", "synaptic proteins above baseline"),
        ("fast_potentiation", "1", "fast functional potentiation"),
        ("structural_signal", "1", "signal to form spines"),
        ("transient_spines", "1", "transient spines, healthy density = 1"),
        ("young_spines", "1", "young spines, neither transient nor persistent, healthy density = 1"),
        ("persistent_spines", "1", "persistent spines, healthy density = 1"),
        ("spine_density", "1", "all spines, healthy density = 1", "spine density", True),
        # Way 5
        ("limbic_input", "nA", "mean drive of the limbic subnetworks", "limbic drive", True),
        ("lock", "1", "locked share of the limbic network", "limbic lock, share", True),
        ("limbic_block", "1", "loss of recurrent NMDA drive in the limbic network"),
        ("passage_into", "h", "mean time until the middle limbic subnetwork locks"),
        ("passage_out_of", "h", "mean time until it escapes"),
        ("lock_into", "1/h", "rate of locking of the middle subnetwork"),
        ("lock_out_of", "1/h", "rate of escape of the middle subnetwork from the lock"),
        # Mood
        ("madrs", "points", "MADRS total, 0 to 60", "MADRS", True),
        ("rated_madrs", "points", "MADRS as rated, with fluctuation, rater error and unblinding", "MADRS as rated"),
    ),
    *_rows("patient arm time flow", ("spine_turnover", "1/h", "flows of spines")),
    *_rows(
        "patient arm time item",
        ("mechanism_shift", "1", "latent shift by mechanisms"),
        ("context_shift", "1", "latent shift by the context of treatment"),
        ("items", "points", "MADRS item ratings, 0 to 6"),
    ),
    *_rows("coalition time", ("coalition_madrs", "points", "MADRS total with only some of context and ways allowed to act")),
    *_rows("contributor time", ("attribution", "points", "part of the change in MADRS that is attributed (Shapley value)")),
    *_rows(
        "patient",
        ("stress", "1", "stress that holds the patient depressed"),
        ("weight", "kg", "body weight"),
        ("baseline_madrs", "points", "MADRS before treatment"),
        ("sampling_weight", "1", "statistical weight of a patient; together 1"),
        ("prefrontal_circuit", "1", "number of a patient's prefrontal circuit in the ensemble"),
    ),
    *_rows(
        "",
        ("healthy_spine_density", "1", "spines at stress 0"),
        ("healthy_focus", "ms", "focus at stress 0"),
        ("healthy_reward", "1", "dopamine tone at stress 0"),
    ),
    # Circuits beside a course
    *_rows("checkpoint", ("checkpoint_time", "h", "time since the first dose at which circuits are looked at")),
    *_rows("checkpoint neuron", ("neuron_rest", "mV", "resting potential of a habenula cell: reversal of its leak")),
    *_rows(
        "checkpoint activity", ("habenula_cells", "1", "fraction of habenula cells that are silent, tonic or bursting", "habenula cells")
    ),
    *_rows("checkpoint traced_cell trace_time", ("habenula_voltage", "mV", "membrane potential of a habenula cell", "membrane potential")),
    *_rows("traced_cell", ("traced_neuron", "1", "number of the habenula cell that is followed")),
    *_rows("", ("recording_time", "ms", "duration of a recording of spikes")),
    *_rows(
        "spike",
        ("spike_checkpoint", "1", "checkpoint at which the spike was recorded, counted from 0"),
        ("spike_neuron", "1", "number of the habenula cell that fired"),
        ("spike_time", "ms", "time of a spike since the start of the recording"),
        ("spike_in_burst", "1", "1 for a spike inside a burst, 0 for one outside"),
    ),
    *_rows(
        "nucleus volley_time", ("omitted_reward_rate", "Hz", "firing of habenula cells around an excitation as after an omitted reward")
    ),
    *_rows(
        "nucleus",
        ("omitted_reward_spikes", "1", "spikes per habenula cell in the excitation and one interval of a burst after it"),
        ("omitted_reward_pause", "ms", "pause of dopamine cells after an omitted reward"),
    ),
    *_rows("volley", ("volley_pause", "ms", "pause of dopamine cells after a synchronous volley of the habenula")),
    *_rows("gamma_time", ("gamma_power", "1", "power of pyramidal activity in the gamma band, before = 1", "gamma power")),
    *_rows("checkpoint cortical_class", ("checkpoint_prefrontal_rates", "Hz", "firing of prefrontal cells by class at a checkpoint")),
    *_rows(
        "checkpoint frequency",
        ("prefrontal_spectrum", "Hz^2/pA^2", "power of pyramidal activity per density of a white noise current into every class", "power"),
    ),
    *_rows(
        "quantile gamma_time cortical_class",
        ("ensemble_firing", "1", "change of prefrontal firing by class in circuits of the ensemble, as a fraction of that before"),
    ),
    *_rows("quantile gamma_time", ("ensemble_glutamate", "1", "rise of glutamate in tissue in circuits of the ensemble")),
    *_rows("edge", ("gamma_band", "Hz", "edges of the gamma band")),
    *_rows("limbic_current", ("limbic_S", "1", "open NMDA channels of the limbic network")),
    *_rows(
        "landscape limbic_current",
        ("holding_drive", "nA", "limbic drive at which that state stands still"),
        ("holding_stable", "1", "1 for a stable state, 0 for one between"),
    ),
    *_rows("landscape edge", ("bistable_window", "nA", "limbic drive between which two states exist")),
    *_rows(
        "",
        ("critical_block", "1", "loss of NMDA drive at which this patient's lock vanishes"),
        ("healthy_limbic_input", "nA", "drive of the limbic network in health"),
    ),
    *_rows(
        "subnetwork",
        ("subnetwork_drive", "nA", "drive of a limbic subnetwork of this patient before treatment"),
        ("subnetwork_share", "1", "share of the limbic network that a subnetwork stands for"),
    ),
    *_rows(
        "noise",
        ("noise_passage_into", "h", "mean time until this patient's middle limbic subnetwork locks, untreated, at a noise"),
        ("noise_passage_out_of", "h", "mean time until it escapes from the lock, untreated, at a noise"),
        ("untreated_opening", "h", "median time until it escapes from the lock, untreated, at a noise"),
    ),
    *_rows("", ("noise_used", "nA", "noise at which the course was computed")),
    *_rows("initial_state block", ("communication", "1", "how far one network moves the other, undrugged = 1", "communication")),
    *_rows("initial_state block network", ("network_rate", "Hz", "firing of the limbic and the cognitive network")),
    *_rows("initial_state network", ("undrugged_S", "1", "open NMDA channels of the state before drive is lost")),
    *_rows(
        "observation",
        ("observed_time", "h", "time of an observation since the first dose"),
        ("madrs_sd", "points", "SD of an observed MADRS"),
    ),
]
QUANTITIES = {row.name: row for row in _TABLE}
"""The table by name."""


def label(name: str) -> str:
    """A few words for a quantity in a table or figure: its label, or its meaning where it has none."""
    return QUANTITIES[name].label or QUANTITIES[name].meaning


def meaning(name: str) -> str:
    """What a quantity is, in words."""
    return QUANTITIES[name].meaning


def shown_unit(name: str) -> str:
    """The unit in which a reader is told a quantity: percent for a fraction."""
    return "%" if QUANTITIES[name].unit == "1" else QUANTITIES[name].unit
