from . import evidence as evidence
from .api.bench import Bench as Bench
from .api.cohort_run import CohortRun as CohortRun
from .api.courses import attribute as attribute
from .api.courses import circuits as circuits
from .api.courses import compare as compare
from .api.courses import default_model as default_model
from .api.courses import exposure as exposure
from .api.courses import simulate as simulate
from .api.listing import protocols as protocols
from .api.people import Population as Population
from .api.run import ComparedRuns as ComparedRuns
from .api.run import Run as Run
from .api.studies import calibrate as calibrate
from .api.studies import condition_circuits as condition_circuits
from .api.studies import fit_pk as fit_pk
from .api.studies import validate as validate
from .api.studies import verify as verify
from .core.errors import InputError as InputError
from .core.runtime import configure as configure
from .exchange.sbml_reading import read_sbml as read_sbml
from .model.changed import Model as Model
from .protocols.dose import Dose as Dose
from .protocols.patient import Patient as Patient
from .protocols.protocol import Protocol as Protocol
from .results.netcdf import read_results as read_results

__version__: str
