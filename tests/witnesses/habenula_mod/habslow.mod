TITLE T-type calcium, h, Ca-activated potassium, NMDA under magnesium, leak
NEURON {
    SUFFIX habslow
    NONSPECIFIC_CURRENT i
    RANGE gl, el, gt, et, vm, km, vh, kh, slow, gh, eh, vr, kr, gn, en, ga, ek, kca, tauca, khalf
}
UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}
PARAMETER {
    gl (S/cm2)
    el (mV)
    gt (S/cm2)
    et (mV)
    vm (mV)
    km (mV)
    vh (mV)
    kh (mV)
    slow (1)
    gh (S/cm2)
    eh (mV)
    vr (mV)
    kr (mV)
    gn (S/cm2)
    en (mV)
    ga (S/cm2)
    ek (mV)
    kca
    tauca (ms)
    khalf
}
ASSIGNED {
    v (mV)
    i (mA/cm2)
}
STATE { u r c }
BREAKPOINT {
    SOLVE states METHOD derivimplicit
    i = gl*(v - el) + it(v, u) + gh*r*(v - eh) + gn*mg(v)*(v - en) + ga*(c/(c + khalf))*(c/(c + khalf))*(v - ek)
}
INITIAL {
    u = uinf(v)
    r = rinf(v)
    c = -tauca*kca*1000*it(v, u)
}
DERIVATIVE states {
    u' = (uinf(v) - u)/utau(v)
    r' = (rinf(v) - r)/rtau(v)
    c' = -kca*1000*it(v, u) - c/tauca
}
UNITSOFF
FUNCTION it(v, u) { it = gt*u*(v - et)/(1 + exp(-(v - vm)/km))/(1 + exp(-(v - vm)/km)) }
FUNCTION uinf(v) { uinf = 1/(1 + exp((v - vh)/kh)) }
FUNCTION utau(v) { utau = slow*(30.8 + (211.4 + exp((v + 115.2)/5))/(1 + exp((v + 86)/3.2)))/3.737 }
FUNCTION rinf(v) { rinf = 1/(1 + exp((v - vr)/kr)) }
FUNCTION rtau(v) { rtau = 20 + 1000/(exp((v + 71.5)/14.2) + exp(-(v + 89)/11.6)) }
FUNCTION mg(v) { mg = 1/(1 + exp(-0.062*v)/3.57) }
UNITSON
