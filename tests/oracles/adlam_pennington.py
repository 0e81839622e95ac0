"""Adlam-Pennington (arXiv:2011.03321): tau_1, tau_2 from the general-spectrum solution, by their dictionary.

tau_1 = 1/(n nu_1) and tau_2/tau_1 = d nu_2/(mu_1^2 + d nu_2), ReLU, at the Mei-Montanari point psi = (2, 3),
lam_bar = 0.01; d nu_1 and d nu_2 there.
"""

PSI1, PSI2, LAMBDA_BAR = 2, 3, "0.01"
D_NU1, D_NU2 = "0.002556827988338602", "0.07758396746104051"
