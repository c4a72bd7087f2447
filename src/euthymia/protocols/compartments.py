"""Numbers by which event tables name drug and route of a dose, and molecule and vessel of an observation; units of samples."""

DOSE_COMPARTMENTS = {
    1: ("ketamine", "i.v."),
    2: ("escitalopram", "oral"),
    3: ("sertraline", "oral"),
    4: ("phenelzine", "oral"),
    5: ("midazolam", "i.v."),
    6: ("ketamine", "i.m."),
    7: ("ketamine", "s.c."),
    8: ("ketamine", "nasal"),
    9: ("ketamine", "sublingual"),
    10: ("ketamine", "rectal"),
    11: ("ketamine", "oral"),
    12: ("ketamine", "oral extended release"),
    13: ("esketamine", "i.v."),
    14: ("esketamine", "i.m."),
    15: ("esketamine", "s.c."),
    16: ("esketamine", "nasal"),
    17: ("esketamine", "sublingual"),
    18: ("esketamine", "oral"),
    19: ("arketamine", "i.v."),
    20: ("arketamine", "i.m."),
    21: ("arketamine", "s.c."),
    22: ("S-norketamine", "i.v."),
    23: ("R-norketamine", "i.v."),
    24: ("(2S,6S)-HNK", "i.v."),
    25: ("(2R,6R)-HNK", "i.v."),
    26: ("memantine", "oral"),
    27: ("MK-801", "i.v."),
    28: ("citalopram", "oral"),
    29: ("fluoxetine", "oral"),
    30: ("tranylcypromine", "oral"),
    31: ("moclobemide", "oral"),
    32: ("bupropion", "oral"),
}
"""CMT of a dose: drug and route. Tables name these numbers: add new ones, never change one. RATE tells infusion from bolus."""
OBSERVED_COMPARTMENTS = {
    101: ("ketamine", "venous"),
    102: ("ketamine", "arterial"),
    103: ("norketamine", "venous"),
    104: ("norketamine", "arterial"),
    105: ("hydroxynorketamine", "venous"),
    106: ("S-ketamine", "venous"),
    107: ("S-ketamine", "arterial"),
    108: ("S-norketamine", "arterial"),
    109: ("S-norketamine", "venous"),
    110: ("R-ketamine", "venous"),
    111: ("R-ketamine", "arterial"),
}
"""CMT of an observation: molecule and where blood was drawn. Without a letter, both enantiomers together."""
INTO_A_VEIN = {"i.v. infusion": "i.v.", "i.v. bolus": "i.v."}
"""Routes that share a compartment."""
MASS, MOLAR = "ng/mL", "µM"
SAMPLE_UNITS = (MASS, MOLAR)
