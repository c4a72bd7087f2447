TITLE Traub-Miles sodium and potassium
NEURON {
    SUFFIX habfast
    NONSPECIFIC_CURRENT i
    RANGE gna, gk, ena, ek, vt
}
UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}
PARAMETER {
    gna (S/cm2)
    gk (S/cm2)
    ena (mV)
    ek (mV)
    vt (mV)
}
ASSIGNED {
    v (mV)
    i (mA/cm2)
}
STATE { m h n }
BREAKPOINT {
    SOLVE states METHOD cnexp
    i = gna*m*m*m*h*(v - ena) + gk*n*n*n*n*(v - ek)
}
INITIAL {
    LOCAL u
    u = v - vt
    m = am(u)/(am(u) + bm(u))
    h = ah(u)/(ah(u) + bh(u))
    n = an(u)/(an(u) + bn(u))
}
DERIVATIVE states {
    m' = am(v - vt)*(1 - m) - bm(v - vt)*m
    h' = ah(v - vt)*(1 - h) - bh(v - vt)*h
    n' = an(v - vt)*(1 - n) - bn(v - vt)*n
}
FUNCTION vtrap(x, y) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
UNITSOFF
FUNCTION am(u) { am = 0.32*vtrap(13 - u, 4) }
FUNCTION bm(u) { bm = 0.28*vtrap(u - 40, 5) }
FUNCTION ah(u) { ah = 0.128*exp((17 - u)/18) }
FUNCTION bh(u) { bh = 4/(1 + exp((40 - u)/5)) }
FUNCTION an(u) { an = 0.032*vtrap(15 - u, 5) }
FUNCTION bn(u) { bn = 0.5*exp((10 - u)/40) }
UNITSON
