import pickle

import numpy as np
import pytest

import doya

FLOW, MAP = doya.NeuronODE(), doya.NeuronMap(w=-60.0, b=20.0, epsilon=0.5)
NETWORK = doya.SigmoidRNN([[1.0, 2.0], [0.5, -1.0]], [[1.0], [1.0]])
TASK = {"x0": 0.4, "t_end": 3.0, "target": 0.8}
MADE = {
    "neurons": lambda: [FLOW, MAP, doya.NeuronODE(w=[4.0, 5.0]), NETWORK],
    "inputs": lambda: [doya.Pulses([(1.0, 2.0, 0.5)]), doya.Table([0, 1], [1, 2])],
    "equilibria": lambda: [doya.equilibria(FLOW), *doya.bifurcation_points(FLOW, over="b")],
    "diagrams": lambda: [doya.bifurcation_diagram(MAP), doya.bifurcation_curves(FLOW)],
    "trajectories": lambda: [doya.simulate(FLOW, 0.4, 3.0), doya.sensitivity(FLOW, 0.4, 3.0)],
    "profiles": lambda: [doya.sensitivity_profile(FLOW, 0.4, 3.0, over="b", points=5)],
    "losses": lambda: [
        doya.loss_landscape(FLOW, **TASK, over={"b": np.linspace(-3.0, -2.0, 4)}),
        doya.train(FLOW, **TASK, learn="b", learning_rate=1.0, steps=2),
    ],
    "tasks": lambda: [doya.task_gradient(FLOW, doya.Task([None], 0.8, t_end=3.0))],
    "orbits": lambda: [*doya.cycles(MAP, 2), doya.orbit_diagram(MAP, over="b", points=3)],
    "cycles": lambda: doya.cycle_bifurcations(MAP, over="b", between=(0.0, 1.0), longest=2),
    "networks": lambda: [
        doya.jacobian_products(NETWORK, a0=0.0, steps=3),
        doya.backpropagation(NETWORK, a0=0.0, target=1.0, steps=3),
        doya.chain_product("lstm", 5),
        doya.chain_products(5, remedies="gru_1"),
    ],
    "conversions": lambda: [doya.from_pasemann(gamma=0.5, theta=5, w=-50), doya.to_beer(FLOW)],
}


@pytest.mark.parametrize("subject", MADE)
def test_what_doya_makes_can_be_sent_to_another_process(subject):
    for made in MADE[subject]():
        assert repr(pickle.loads(pickle.dumps(made))) == repr(made)
