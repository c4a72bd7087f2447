"""Way 3: neurons of the lateral habenula, which fire in bursts when hyperpolarised, if NMDA receptors excite them.

The kinetics are standard; the conductances are one set that a search found to be silent, tonic or bursting by potential and
to burst through both T-type channels and NMDA receptors (Yang et al. 2018, whose own equations were not available).
A nucleus is many such cells that differ in resting potential and in their conductances. A drug acts only through the share of
NMDA conductance that is left; stress and dopamine act as a shift of resting potential.

Voltages mV, time ms, currents µA/cm², conductances mS/cm², calcium µM, rates Hz.
"""
